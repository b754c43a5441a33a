#!/usr/bin/env python3
"""Lists the import cycles among a crate's modules, and fails if there is one.

A module imports the module that defines an item, whichever module re-exports it.
At each level of the module tree, a module stands for itself and for everything below it.
A cycle is a ring of such siblings in which each imports the next.
Notes do not fail: they name a parent and a child that use items of each other's files.

`--definitions` lists imports through a re-export instead, and fails if there is one that the
importer can do without. That is a re-export in a module around the importer, such as the crate's
root, or a re-export from elsewhere. An item of a private module still comes through its parent.
"""

import argparse
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from modules import Module, Use, read

# A module of this name collects a subtree's uses of its crate's private parts, by re-exports.
SEAM = "seam"


class Edge(NamedTuple):
    """A use of an item, or of a whole module (`item` is `None`), by another module."""

    importer: Module
    target: Module
    item: str
    via: list
    use: Use

    def __str__(self):
        keyword = "" if self.use.kind in ("path", "macro") else "use "
        return f"{self.importer.file}:{self.use.line}: {keyword}{'::'.join(self.use.segments)}"


def edges(root):
    """Yields every use of another module of the crate."""
    for module in root.walk():
        for use in module.uses:
            imported = module.imports.get(use.segments[0])
            if use.kind in ("path", "macro") and imported:
                # An item, such as an enum, counts where it is imported.
                found = module.locate(imported) if imported[0] != use.segments[0] else None
                if not found or found[1]:
                    continue
            if found := module.locate(use.segments):
                yield Edge(module, *found, use)


def siblings(root):
    """Maps each parent's path to its children's edges, by pairs of their names."""
    levels = defaultdict(lambda: defaultdict(list))
    for edge in edges(root):
        ours, theirs = edge.importer.path, edge.target.path
        for depth, (one, other) in enumerate(zip(ours, theirs)):
            if one != other:
                levels[ours[:depth]][one, other].append(edge)
                break
    return levels


def shortest_cycle(pairs):
    """Returns a shortest cycle as a list of names, or an empty list."""
    after = defaultdict(list)
    for origin, to in sorted(pairs):
        after[origin].append(to)
    found = []
    for start in sorted(after):
        routes, seen = [[start]], set()
        for route in routes:
            new = [to for to in after[route[-1]] if to not in seen]
            if start in new:
                found.append(route)
                break
            seen.update(new)
            routes += [[*route, to] for to in new]
    return min(found, key=len, default=[])


def cycles(pairs):
    """Yields cycles, the shortest first, such that no cycle is left once each has lost an edge.

    That is its weakest edge: the one with the fewest uses, then the one that leads to the module
    with the most imports.
    """
    left = dict(pairs)
    imports = Counter(origin for origin, _ in pairs)
    while cycle := shortest_cycle(left):
        yield cycle
        ring = pairwise([*cycle, cycle[0]])
        del left[min(ring, key=lambda pair: (len(pairs[pair]), -imports[pair[1]]))]


def parents(root):
    """Yields each parent and child that use each other's items, with a use in each direction."""
    down, up = defaultdict(dict), defaultdict(dict)
    for edge in edges(root):
        ours, theirs = edge.importer, edge.target
        if not edge.item or ours is theirs:
            continue
        if ours.is_within(theirs):
            up[theirs].setdefault(ours.path[len(theirs.path)], edge)
        elif theirs.is_within(ours) and edge.use.kind != "re-export":
            down[ours].setdefault(theirs.path[len(ours.path)], edge)
    for module in root.walk():
        for child in sorted(down[module].keys() & up[module].keys()):
            yield module, child, down[module][child], up[module][child]


def indirect(root):
    """Yields the imports that take an unnecessary re-export, with the path to use instead."""
    for edge in edges(root):
        if edge.use.kind == "macro":
            # It must hold in every module that uses the macro.
            continue
        unnecessary = [
            at
            for at, module in enumerate(edge.via)
            if module is not edge.importer
            and module.path[-1:] != (SEAM,)
            and (edge.importer.is_within(module) or not edge.target.is_within(module))
        ]
        if unnecessary:
            module = [*edge.via, edge.target][unnecessary[-1] + 1]
            yield edge, f"{module}::{edge.item}" if edge.item else str(module)


def report_cycles(root):
    """Prints the cycles and the notes, and returns how many cycles there are."""
    count = 0
    for level, pairs in siblings(root).items():
        parent = "::".join(("crate", *level))
        for cycle in cycles(pairs):
            count += 1
            ring = [*cycle, cycle[0]]
            print(f"{root.file}: cycle in {parent}: {' → '.join(ring)}")
            for pair in pairwise(ring):
                more = f" (and {len(pairs[pair]) - 1} more)" if pairs[pair][1:] else ""
                print(f"    {' → '.join(pair)}: {pairs[pair][0]}{more}")
    for module, child, down, up in parents(root):
        print(f"{root.file}: note: {module} and its child {child} use each other's items")
        print(f"    {down}\n    {up}")
    return count


def report_indirect(root):
    """Prints the imports that take an unnecessary re-export, and returns how many there are."""
    found = list(indirect(root))
    for edge, better in found:
        print(f"{edge}: import {better}")
    return len(found)


def root_file(argument):
    """Returns the root file of a crate, which may be named by its directory."""
    path = Path(argument)
    files = [path] if path.is_file() else [path / "lib.rs", path / "main.rs"]
    if file := next((file for file in files if file.exists()), None):
        return file
    raise argparse.ArgumentTypeError(f"`{path}` has no `lib.rs` or `main.rs`")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("roots", nargs="+", type=root_file, help="the root file of a crate")
    parser.add_argument("--definitions", action="store_true", help="list indirect imports")
    arguments = parser.parse_args()
    report = report_indirect if arguments.definitions else report_cycles
    count = sum([report(read(root)) for root in arguments.roots])
    print(f"{count} {'indirect imports' if arguments.definitions else 'import cycles'}")
    return count > 0


if __name__ == "__main__":
    sys.exit(main())
