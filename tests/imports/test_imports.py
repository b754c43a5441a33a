"""Tests of `imports.py`, on small module trees: `python3 -m unittest discover -s tests/imports`."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import imports
from modules import read, tokens


class Tree(unittest.TestCase):
    def write(self, **files):
        """Writes a crate whose file names have `__` for `/`, and returns its directory."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        for name, text in files.items():
            file = Path(directory.name, name.replace("__", "/") + ".rs")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return directory.name

    def read(self, **files):
        return read(Path(self.write(**files), "lib.rs"))

    def cycles(self, **files):
        levels = imports.siblings(self.read(**files)).items()
        return [
            "::".join([*level, "→".join(cycle)])
            for level, pairs in levels
            for cycle in imports.cycles(pairs)
        ]

    def edges(self, **files):
        return {
            (str(edge.importer), str(edge.target), edge.item)
            for edge in imports.edges(self.read(**files))
        }

    def indirect(self, **files):
        return [
            (str(edge.importer), better) for edge, better in imports.indirect(self.read(**files))
        ]


class Cycles(Tree):
    def test_imports_in_one_direction_are_no_cycle(self):
        files = {"lib": "mod a; mod b; mod c;", "a": "use crate::{b::B, c};", "c": ""}
        self.assertEqual(self.cycles(**files, b="use crate::c::C;"), [])

    def test_siblings_that_import_each_other_are_a_cycle(self):
        self.assertEqual(
            self.cycles(lib="mod a; mod b;", a="use crate::b::B;", b="use super::a::A;"), ["a→b"]
        )

    def test_ring_of_three_is_a_cycle(self):
        self.assertEqual(
            self.cycles(
                lib="mod a; mod b; mod c;",
                a="use crate::b::B;",
                b="use crate::c::C;",
                c="use crate::a::A;",
            ),
            ["a→b→c"],
        )

    def test_module_counts_with_everything_below_it(self):
        self.assertEqual(
            self.cycles(
                lib="mod a; mod b;",
                a="mod inner;",
                a__inner="use crate::b::B;",
                b="fn b() { crate::a::A::new(); }",
            ),
            ["a→b"],
        )

    def test_cycle_below_the_root_names_its_parent(self):
        self.assertEqual(
            self.cycles(
                lib="mod p;",
                p__mod="mod a; mod b;",
                p__a="use super::b::B;",
                p__b="use crate::p::a::A;",
            ),
            ["p::a→b"],
        )

    def test_cycle_that_a_reexport_hides_is_found(self):
        self.assertEqual(
            self.cycles(lib="mod a; mod b; pub use b::B;", a="use crate::B;", b="use crate::a::A;"),
            ["a→b"],
        )

    def test_cycles_that_share_an_edge_are_all_listed(self):
        self.assertEqual(
            self.cycles(
                lib="mod a; mod b; mod c;",
                a="use crate::{b::B, c::C};",
                b="use crate::a::{One, Two};",
                c="use crate::b::B;",
            ),
            ["a→b", "a→c→b"],
        )

    def test_cycles_without_their_weakest_edge_are_not_listed(self):
        self.assertEqual(
            self.cycles(
                lib="mod a; mod b; mod c;",
                a="use crate::{b::{One, Two}, c::C};",
                b="use crate::a::A;",
                c="use crate::b::B;",
            ),
            ["a→b"],
        )

    def test_tests_and_documentation_are_left_out(self):
        self.assertEqual(
            self.cycles(
                lib="mod a; mod b;",
                a="use crate::b::B; /// Like [`crate::b::B`].\nstruct A;",
                b="""
                    // use crate::a::A;
                    /* use crate::a::A; /* nested */ use crate::a::A; */
                    const TEXT: &str = "crate::a::A";
                    #[cfg(test)] use crate::a::{A, B};
                    #[cfg(test)] #[allow(dead_code)] fn f<T, U>() -> crate::a::A { crate::a::A }
                    struct S { #[cfg(test)] a: crate::a::A, b: u8 }
                    #[cfg(test)] mod tests { use crate::a::A; }
                    #[cfg(all(test, unix))] mod more_tests { use crate::a::A; }
                    #[cfg(any(doc, doctest))] mod guide { use crate::a::A; }
                """,
            ),
            [],
        )

    def test_what_tests_share_with_a_feature_is_read(self):
        files = {"lib": "mod a; mod b;", "a": "use crate::b::B;"}
        condition = 'cfg(any(test, feature = "emulator"))'
        self.assertEqual(self.cycles(**files, b=f"#[{condition}] use crate::a::A;"), ["a→b"])

    def test_what_follows_a_test_is_read(self):
        for after in (
            "use crate::x; use crate::a::A;",
            "fn f<T, U>() {} use crate::a::A;",
            "const X: A = A {}; use crate::a::A;",
            "mod tests; use crate::a::A;",
            "field: u8, other: crate::a::A,",
        ):
            with self.subTest(after):
                files = {"lib": "mod a; mod b;", "a": "use crate::b::B;"}
                self.assertEqual(self.cycles(**files, b=f"#[cfg(test)] {after}"), ["a→b"])

    def test_parent_and_child_that_use_each_other_are_a_note(self):
        files = {"lib": "mod p;", "p": "mod c; use c::C; pub struct P;", "p__c": "use super::P;"}
        self.assertEqual(self.cycles(**files), [])
        self.assertEqual(
            [(str(parent), child) for parent, child, _, _ in imports.parents(self.read(**files))],
            [("crate::p", "c")],
        )

    def test_parent_that_only_reexports_its_child_is_no_note(self):
        tree = self.read(lib="mod p;", p="mod c; pub use c::C; pub struct P;", p__c="use super::P;")
        self.assertEqual(list(imports.parents(tree)), [])


class Edges(Tree):
    def test_use_tree_is_taken_apart(self):
        self.assertEqual(
            self.edges(
                lib="mod a; mod b;",
                a="use std::fmt; use ::b::X; use crate::{b::{self, One as Uno, deep::*}, fmt::Y};",
                b="pub mod deep { pub struct Two; }",
            ),
            {
                ("crate::a", "crate::b", None),
                ("crate::a", "crate::b", "One"),
                ("crate::a", "crate::b::deep", None),
                ("crate::a", "crate", "fmt"),
            },
        )

    def test_reexport_leads_to_the_definition(self):
        self.assertIn(
            ("crate::a", "crate::b::deep", "Two"),
            self.edges(
                lib="mod a; mod b; pub use b::Renamed;",
                a="use crate::Renamed;",
                b="mod deep; pub use self::deep::Two as Renamed;",
                b__deep="pub struct Two;",
            ),
        )

    def test_glob_reexport_leads_to_the_definition(self):
        self.assertIn(
            ("crate::a", "crate::b::deep", "two"),
            self.edges(
                lib="mod a; mod b;",
                a="use crate::b; fn a() { b::two() }",
                b="pub use deep::*; mod deep { pub fn two() {} }",
            ),
        )

    def test_path_to_another_crate_is_no_edge(self):
        self.assertEqual(self.edges(lib="mod a; use std::*;", a="use serde::*; use b::C;"), set())

    def test_path_from_an_imported_type_is_no_other_edge(self):
        files = {"lib": "mod a; mod b;", "a": "use crate::b::B; fn f() { B::new() }", "b": ""}
        self.assertEqual(len(list(imports.edges(self.read(**files)))), 1)

    def test_macro_is_defined_where_it_is_written(self):
        self.assertEqual(
            self.edges(
                lib="mod a; mod b;",
                a="fn a() { crate::b::shout!() }",
                b="macro_rules! shout { () => { $crate::b::X } } pub(crate) use shout;",
            ),
            {("crate::a", "crate::b", "shout"), ("crate::b", "crate::b", "X")},
        )

    def test_path_attribute_names_the_file(self):
        self.assertEqual(
            self.edges(
                lib='#[path = "odd.rs"] #[doc(hidden)] pub mod a; mod b;',
                odd="use crate::b::B;",
                b="",
            ),
            {("crate::a", "crate::b", "B")},
        )


class Indirect(Tree):
    def test_reexport_of_the_root_is_listed(self):
        self.assertEqual(
            self.indirect(lib="mod a; mod b; pub use b::B;", a="use crate::B;", b="pub struct B;"),
            [("crate::a", "crate::b::B")],
        )

    def test_reexport_of_a_parent_is_listed_for_its_children_only(self):
        self.assertEqual(
            self.indirect(
                lib="mod a; mod p; pub use p::D;",
                a="use crate::p::D;",
                p="mod c; mod d; pub use d::D;",
                p__c="use super::D;",
                p__d="pub struct D;",
            ),
            [("crate::p::c", "crate::p::d::D")],
        )

    def test_reexport_of_the_root_leads_to_a_private_modules_parent(self):
        self.assertEqual(
            self.indirect(
                lib="mod a; mod p; pub use p::D;",
                a="use crate::D;",
                p="mod d { pub struct D; } pub use d::D;",
            ),
            [("crate::a", "crate::p::D")],
        )

    def test_reexport_from_elsewhere_is_listed(self):
        self.assertEqual(
            self.indirect(
                lib="mod a; mod b; mod c;", a="use crate::b::C;", b="pub use crate::c::C;", c=""
            ),
            [("crate::a", "crate::c::C")],
        )

    def test_reexport_of_a_seam_is_not_listed(self):
        for name, found in (("seam", 0), ("other", 1)):
            files = {"a": f"use crate::{name}::C;", name: "pub use crate::c::C;", "c": ""}
            with self.subTest(name):
                listed = self.indirect(lib=f"mod a; mod {name}; mod c;", **files)
                self.assertEqual(len(listed), found)

    def test_path_from_a_macro_is_not_listed(self):
        a = "macro_rules! b { () => { $crate::b::C } }"
        files = {"lib": "mod a; mod b;", "a": a, "b": "mod c; pub use c::C;", "b__c": "fn C() {}"}
        self.assertEqual(self.indirect(**files), [])
        files = {"lib": "mod a; mod b; pub use b::B;", "a": "use crate::B;", "b": "pub struct B;"}
        self.assertEqual(len(self.indirect(**files)), 1)
        files["a"] = "macro_rules! b { () => { $crate::B } }"
        self.assertEqual(self.indirect(**files), [])

    def test_own_import_is_not_listed(self):
        files = {"lib": "mod a; mod b;", "a": "use crate::b; fn f() { b::f() }", "b": "fn f() {}"}
        self.assertEqual(self.indirect(**files), [])


class Command(Tree):
    def run_on(self, *options, **files):
        command = [sys.executable, imports.__file__, *options, self.write(**files)]
        return subprocess.run(command, capture_output=True, text=True)

    def test_crate_without_cycles_passes(self):
        run = self.run_on(lib="mod a; mod b;", a="use crate::b::B;", b="")
        self.assertEqual((run.returncode, run.stdout), (0, "0 import cycles\n"))

    def test_cycle_fails_and_each_edge_has_its_line(self):
        run = self.run_on(lib="mod a; mod b;", a="\nuse crate::b::B;", b="fn b() { crate::a::f() }")
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stdout, "a → b: .*/a.rs:2: use crate::b::B\n")
        self.assertRegex(run.stdout, "b → a: .*/b.rs:1: crate::a::f\n")

    def test_indirect_import_fails_with_its_option(self):
        files = {"lib": "mod a; mod b; pub use b::B;", "a": "use crate::B;", "b": ""}
        self.assertEqual(self.run_on(**files).returncode, 0)
        run = self.run_on("--definitions", **files)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stdout, "/a.rs:1: use crate::B: import crate::b::B\n")


class Tokens(unittest.TestCase):
    def test_literals_are_one_token(self):
        for literal in (r"'\''", "'\"'", r"b'\\'", "'static", r'"a\"b"', 'r#"a"b"#', r"'\u{1F}'"):
            with self.subTest(literal):
                found = [token for token, _ in tokens(f"x {literal} y")]
                self.assertEqual(found, ["x", literal, "y"])


if __name__ == "__main__":
    unittest.main()
