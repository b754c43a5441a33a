#!/usr/bin/env python3
"""Lists the import cycles of a crate's modules.

usage: imports.py [--definitions] ROOT...

ROOT is a crate's root file, or the directory of its `lib.rs` or `main.rs`.
An import belongs to the module that defines the item, not to one that re-exports it.
At each level of the module tree a module counts together with everything below it.
A cycle is a set of such siblings that all import one another, directly or through each other.
Tests and documentation (`#[cfg(test)]`, `#[cfg(doc)]`) do not count.
A second list, which never fails, shows parents and children that use each other's items.

`--definitions` lists the imports through a re-export where the importer can name the definition.

Exits with 1 if there is a cycle, and with 2 if `--definitions` lists anything.
"""

import re
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<comment>/\*)
    |[bc]?r(?P<hashes>\#*)"(?:.|\n)*?"(?P=hashes)
    |[bc]?"(?:\\(?:.|\n)|[^"\\])*"
    |b?'(?:\\.[^']*|[^\\'])'
    |'\w+
    |(?:r\#)?[A-Za-z_]\w*
    |::|.""",
    re.VERBOSE,
)
IDENT = re.compile(r"[A-Za-z_]\w*$")
# Conditions that hold in tests and in documentation only.
EXCLUDED = re.compile(r"\[cfg\((?:all\()?(?:test|any\((?:(?:test|doc|doctest),?)+\))[,)]")
TYPES = {"enum", "fn", "struct", "trait", "union"}
DEFINITIONS = TYPES | {"const", "static", "type"}
ITEMS = DEFINITIONS | {"extern", "impl", "let", "mod", "use"}


def tokens(text):
    """Returns each token with its line, without comments."""
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        end = match.end()
        if match["comment"]:
            depth = 1
            while depth and (mark := re.compile(r"/\*|\*/").search(text, end)):
                depth += 1 if mark[0] == "/*" else -1
                end = mark.end()
        elif not match["skip"]:
            found.append((match[0].removeprefix("r#"), line))
        line += text.count("\n", at, end)
        at = end
    return found


class Use(NamedTuple):
    """A path in a `use` declaration or in code."""

    segments: list
    line: int
    kind: str  # "use", "re-export" or "path"


class Module:
    """A module: what it declares, and the paths that it uses."""

    def __init__(self, file, path=(), parent=None):
        self.file, self.path, self.parent = file, path, parent
        self.children, self.imports = {}, {}
        self.globs, self.uses, self.defined = [], [], set()

    def __str__(self):
        return "::".join(("crate", *self.path))

    def walk(self):
        yield self
        for child in self.children.values():
            yield from child.walk()

    def is_within(self, ancestor):
        return self.path[: len(ancestor.path)] == ancestor.path

    def locate(self, segments):
        """Returns the module that defines a path's item, the item (`None` for a module), and the
        modules that re-export it on the way; or `None` for a path to another crate."""
        first, *rest = segments
        if first == "crate":
            root = self
            while root.parent:
                root = root.parent
            return root.descend(rest)
        if first == "self":
            return self.descend(rest)
        if first == "super":
            return self.parent.locate(["self", *rest] if rest[:1] != ["super"] else rest)
        imported = self.imports.get(first, [first])[0] != first
        if first in self.children or imported or self.through_globs(segments):
            return self.descend(segments)
        return None

    def descend(self, segments):
        if not segments:
            return self, None, []
        name, *rest = segments
        if name in self.children:
            return self.children[name].descend(rest)
        if name in self.imports and self.imports[name] != [name]:
            found = self.locate(self.imports[name] + rest)
            return found and (*found[:2], [self, *found[2]])
        return self.through_globs(segments) or (self, name, [])

    def through_globs(self, segments):
        for glob in self.globs:
            module, item, via = self.locate(glob) or (None, None, None)
            if module and not item and segments[0] in module.defined | module.children.keys():
                found = module.descend(segments)
                return found and (*found[:2], [self, *via, *found[2]])
        return None


class Reader:
    """Reads a file's tokens into a module and its children."""

    def __init__(self, file):
        self.file, self.tokens, self.at = file, tokens(file.read_text()), 0

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at][0] if 0 <= at < len(self.tokens) else ""

    def take(self):
        self.at += 1
        return self.peek(-1)

    def skip_group(self):
        """Skips a bracketed group, and returns its text."""
        start, depth = self.at, 0
        while self.peek():
            token = self.take()
            depth += (token in "([{") - (token in ")]}")
            if depth == 0:
                break
        return "".join(token for token, _ in self.tokens[start : self.at])

    def skip_annotated(self):
        """Skips what an attribute applies to: an item, a statement, a field or an arm."""
        head = set()
        while (token := self.peek()) and token not in ")]}":
            if token in "#([{":
                self.at += token == "#"
                self.skip_group()
                if token == "{" and (head & {"fn"} or not head & {"const", "let", "static", "use"}):
                    return
            elif self.take() == ";" or (token == "," and not head & ITEMS):
                return
            head.add(token)

    def read(self, module, directory):
        """Reads up to the end of the module."""
        depth, path = 0, None
        while (token := self.peek()) and depth >= 0:
            if token == "#" and self.peek(1) in ("[", "!"):
                self.at += 1 + (self.peek(1) == "!")
                attribute = self.skip_group()
                if EXCLUDED.match(attribute):
                    self.skip_annotated()
                elif attribute.startswith('[path="'):
                    path = self.file.parent / attribute[7:-2]
            elif token == "mod" and self.peek(2) in (";", "{"):
                self.child(module, directory, path)
                path = None
            elif token == "use" and self.peek(1) != "<":
                kind = "re-export" if self.peek(-1) in ("pub", ")") else "use"
                self.take()
                self.use_tree(module, [], kind)
            elif token in DEFINITIONS or (token == "macro_rules" and self.peek(1) == "!"):
                self.take()
                module.defined.add(self.peek(1) if token == "macro_rules" else self.peek())
            elif IDENT.match(token):
                self.path(module)
            else:
                depth += (token == "{") - (token == "}")
                self.take()

    def child(self, module, directory, path):
        name, inline = self.peek(1), self.peek(2) == "{"
        self.at += 3
        nested = directory / name
        files = [path] if path else [nested.with_suffix(".rs"), nested / "mod.rs"]
        file = self.file if inline else next((file for file in files if file.exists()), None)
        if not file:
            sys.exit(f"{self.file}: there is no file for `mod {name}`")
        child = module.children[name] = Module(file, (*module.path, name), module)
        if inline:
            self.read(child, nested)
        else:
            owns_directory = path or file.name == "mod.rs"
            Reader(file).read(child, file.parent if owns_directory else nested)

    def use_tree(self, module, prefix, kind):
        segments, line = list(prefix), self.tokens[self.at][1]
        while (token := self.take()) not in ("{", "*"):
            # The `::` of a path to another crate stays.
            if token != "::" or not segments:
                segments.append(token)
            if self.peek() != "::" and token != "::":
                if token == "self" and len(segments) > 1:
                    segments.pop()
                name = segments[-1]
                if self.peek() == "as":
                    self.take()
                    name = self.take()
                module.imports[name] = segments
                break
        if token == "{":
            while self.peek() != "}":
                self.use_tree(module, segments, kind)
                self.at += self.peek() == ","
            self.take()
        else:
            module.uses.append(Use(segments, line, kind))
        if token == "*":
            module.globs.append(segments)

    def path(self, module):
        before, line = self.peek(-1), self.tokens[self.at][1]
        segments = [self.take()]
        while self.peek() == "::" and IDENT.match(self.peek(1)):
            self.take()
            segments.append(self.take())
        if len(segments) > 1 and before not in (".", "::"):
            module.uses.append(Use(segments, line, "path"))


class Edge(NamedTuple):
    """That a module uses an item which another one defines."""

    importer: Module
    target: Module
    item: str
    via: list
    use: Use

    def __str__(self):
        keyword = "" if self.use.kind == "path" else "use "
        return f"{self.importer.file}:{self.use.line}: {keyword}{'::'.join(self.use.segments)}"


def read(file):
    root = Module(file)
    Reader(file).read(root, file.parent)
    return root


def edges(root):
    for module in root.walk():
        for use in module.uses:
            imported = module.imports.get(use.segments[0])
            if use.kind == "path" and imported:
                # An item, such as an enum, counts where it is imported.
                found = module.locate(imported) if imported[0] != use.segments[0] else None
                if not found or found[1]:
                    continue
            if found := module.locate(use.segments):
                yield Edge(module, *found, use)


def siblings(root):
    """Returns for each parent's path how its children use each other: (from, to) -> edges."""
    levels = defaultdict(lambda: defaultdict(list))
    for edge in edges(root):
        ours, theirs = edge.importer.path, edge.target.path
        for depth, (one, other) in enumerate(zip(ours, theirs)):
            if one != other:
                levels[ours[:depth]][one, other].append(edge)
                break
    return levels


def shortest_cycle(pairs):
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
    """Yields cycles, the shortest first, until cutting the weakest edge of each leaves none.

    The weakest edge has the fewest uses, and of such it leads to the module with the most imports.
    """
    left = dict(pairs)
    imports = Counter(origin for origin, _ in pairs)
    while cycle := shortest_cycle(left):
        yield cycle
        ring = pairwise([*cycle, cycle[0]])
        del left[min(ring, key=lambda pair: (len(pairs[pair]), -imports[pair[1]]))]


def parents(root):
    """Yields a parent and the first uses between it and each child, where both use the other's."""
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
    """Yields imports through a re-export whose importer can name the definition, and a better path."""
    for edge in edges(root):
        bad = [
            module
            for module in edge.via
            if module is not edge.importer
            and (edge.importer.is_within(module) or not edge.target.is_within(module))
        ]
        if bad:
            after = edge.via[edge.via.index(bad[-1]) + 1 :]
            yield edge, f"{(after or [edge.target])[0]}::{edge.item}"


def main(arguments):
    definitions = "--definitions" in arguments
    found = 0
    for argument in arguments:
        if argument == "--definitions":
            continue
        path = Path(argument)
        files = [path] if path.is_file() else [path / "lib.rs", path / "main.rs"]
        if not (files := [file for file in files if file.exists()]):
            sys.exit(f"{path}: there is no `lib.rs` or `main.rs`")
        for root in map(read, files):
            if definitions:
                for edge, better in indirect(root):
                    found = 2
                    print(f"{edge}: defined in {better}")
                continue
            for level, pairs in siblings(root).items():
                for cycle in cycles(pairs):
                    found = 1
                    ring = [*cycle, cycle[0]]
                    print(f"{root.file}: cycle in {'::'.join(('crate', *level))}: {' → '.join(ring)}")
                    for pair in pairwise(ring):
                        more = f" (and {len(pairs[pair]) - 1} more)" if pairs[pair][1:] else ""
                        print(f"    {' → '.join(pair)}: {pairs[pair][0]}{more}")
            for module, child, down, up in parents(root):
                print(f"{root.file}: note: {module} and its child {child} use each other's items")
                print(f"    {down}\n    {up}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
