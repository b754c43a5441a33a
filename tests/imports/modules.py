"""Reads a crate's module tree, and resolves the paths in it.

The reader knows as much of Rust as that takes: declarations of modules, `use`, and paths in code.
It leaves out what is compiled for tests and documentation only.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<comment>/\*)
    |[bc]?r(?P<hashes>\#*)"(?:.|\n)*?"(?P=hashes)
    |[bc]?"(?:\\(?:.|\n)|[^"\\])*"
    |b?'(?:\\.[^']*|[^\\'])'
    |'\w+
    |(?:r\#)?(?P<ident>[A-Za-z_]\w*)
    |::|.""",
    re.VERBOSE,
)
IDENT = re.compile(r"[A-Za-z_]\w*$")
# Conditions that hold in tests and in documentation only.
EXCLUDED = re.compile(r"\[cfg\((?:all\()?(?:test|any\((?:(?:test|doc|doctest),?)+\))[,)]")
DEFINITIONS = {"const", "enum", "fn", "static", "struct", "trait", "type", "union"}
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
            found.append((match["ident"] or match[0], line))
        line += text.count("\n", at, end)
        at = end
    return found


class Use(NamedTuple):
    """A path in a `use` declaration or in code."""

    segments: list
    line: int
    kind: str  # "use", "re-export", "path", or "macro" for a path from `$crate`


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

    def locate(self, segments, globs=True):
        """Resolves a path as it is written in this module.

        Returns the module that defines the item, the item (`None` where the path is a module's),
        and the modules that import it on the way. Returns `None` for a path to another crate.
        """
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
        if first in self.children or imported:
            return self.descend(segments)
        return self.through_globs(segments) if globs else None

    def descend(self, segments):
        """Resolves a path that begins at this module."""
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
            module, item, via = self.locate(glob, globs=False) or (None, None, None)
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
                if token == "{":
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
            kind = "macro" if before == "$" else "path"
            module.uses.append(Use(segments, line, kind))


def read(file):
    root = Module(file)
    Reader(file).read(root, file.parent)
    return root
