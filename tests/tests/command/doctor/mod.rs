//! `lambda-ext doctor` on valid extensions, and on files that Lambda cannot run.

mod needs;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lambda_ext_tests::built;

use super::{Scratch, fixture};

/// The output about a file: the rules of its warnings and errors, and its text.
struct Told {
    warnings: Vec<String>,
    errors: Vec<String>,
    text: String,
}

/// What it says of a file, and that its code and its last line agree with that.
#[track_caller]
fn doctor(path: &Path) -> Told {
    let output = Command::new(built::command())
        .arg("doctor")
        .arg(path)
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("it is text");
    assert!(output.stderr.is_empty(), "{text}{:?}", output.stderr);
    let rules = |kind: &str| -> Vec<_> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(kind));
        lines
            .filter_map(|rest| rest.strip_prefix('[')?.split_once("]: "))
            .map(|(rule, _)| rule.to_owned())
            .collect()
    };
    let (warnings, errors) = (rules("warning"), rules("error"));
    let fit = errors.is_empty();
    assert_eq!(output.status.code(), Some(i32::from(!fit)), "{text}");
    let verdict = if fit { " can be an" } else { " cannot be an" };
    let last = text.lines().last().unwrap_or_default();
    assert!(last.contains(&format!("{verdict} extension")), "{text}");
    Told {
        warnings,
        errors,
        text,
    }
}

/// A file with something in it, that all may execute.
fn file(directory: &Scratch, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.0.join(name);
    fs::write(&path, bytes).expect("it is written");
    mode(&path, 0o755);
    path
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[track_caller]
fn cc(directory: &Scratch, arguments: &[&str]) {
    let output = Command::new("cc")
        .args(arguments)
        .current_dir(&directory.0)
        .output()
        .expect("there is what links Rust");
    assert!(output.status.success(), "{output:?}");
}

/// A program that needs a version of a symbol, `wanted`, of a library, beside one that is old.
#[track_caller]
fn needing(directory: &Scratch, library: &str, version: &str) -> PathBuf {
    let write = |name: &str, text: String| {
        fs::write(directory.0.join(name), text).expect("it is written");
    };
    let stub = "int known(void) { return 0; } int wanted(void) { return 0; }";
    write("stub.c", stub.to_owned());
    write(
        "stub.map",
        format!("GLIBC_2.2.5 {{ global: known; local: *; }}; {version} {{ global: wanted; }};"),
    );
    write(
        "program.c",
        "int known(void), wanted(void); void _start(void) { known(); wanted(); }".to_owned(),
    );
    let soname = format!("-Wl,-soname,{library}");
    let stub = ["-shared", "-nostdlib", &soname, "-o", "stub.so", "stub.c"];
    cc(
        directory,
        &[&stub[..], &["-Wl,--version-script=stub.map"]].concat(),
    );
    // Only the stub is linked, not the real C library.
    let program = ["-s", "-nostdlib", "-Wl,--no-as-needed", "-o", "program"];
    cc(
        directory,
        &[&program[..], &["program.c", "stub.so"]].concat(),
    );
    directory.0.join("program")
}

/// A program with everything linked in.
fn static_program(directory: &Scratch) -> Vec<u8> {
    fs::write(directory.0.join("s.c"), "int main(void) { return 0; }").expect("it is written");
    cc(directory, &["-static", "-s", "-o", "static", "s.c"]);
    fs::read(directory.0.join("static")).expect("it is linked")
}

/// The same for another architecture, by its ELF number.
fn for_machine(mut program: Vec<u8>, machine: u16) -> Vec<u8> {
    program[18..20].copy_from_slice(&machine.to_le_bytes());
    program
}

#[test]
fn valid_program_lists_the_systems_it_runs_on() {
    let directory = Scratch::directory();
    let program = static_program(&directory);
    let told = doctor(&file(&directory, "good", &program));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
    assert_eq!(told.warnings, [""; 0], "{}", told.text);
    let first = told.text.lines().next().unwrap_or_default();
    let expected = "good: a program for x86_64, statically linked, ";
    assert!(first.starts_with(expected), "{first}");
    assert!(told.text.contains("runs on Amazon Linux 2023: `provided"));
    assert!(told.text.contains("runs on Amazon Linux 2: `provided"));
    assert!(told.text.ends_with("\ngood can be an extension\n"));
}

#[test]
fn named_example_is_built_and_checked() {
    let output = Command::new(built::command())
        .args(["doctor", "no-such-extension"])
        .output()
        .expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("neither a file here nor a binary"));
    assert_eq!(output.status.code(), Some(2));
    let told = doctor(&built::example("hello"));
    let dynamically = "hello: a program for x86_64, dynamically linked, ";
    assert!(told.text.starts_with(dynamically), "{}", told.text);
    // It has all of its symbols; which C library it needs is this machine's business.
    assert!(told.warnings.contains(&"not-stripped".to_owned()));
}

#[test]
fn file_that_not_all_may_execute_is_an_error() {
    let directory = Scratch::directory();
    let path = file(&directory, "good", &static_program(&directory));
    for (bits, told_of) in [
        (0o644, "is not executable (its mode is 0644)"),
        (0o750, "is not readable and executable by all users"),
    ] {
        mode(&path, bits);
        let told = doctor(&path);
        assert_eq!(told.errors, ["not-executable"], "{}", told.text);
        assert!(told.text.contains(told_of), "{}", told.text);
        let help = format!("help: run `chmod 755 {}`", path.display());
        assert!(told.text.contains(&help), "{}", told.text);
    }
}

#[test]
fn file_larger_than_layers_allow_is_an_error() {
    let directory = Scratch::directory();
    let path = file(&directory, "large", b"");
    let open = fs::File::options().write(true).open(&path);
    // A hole, which takes no room.
    open.and_then(|file| file.set_len(251 << 20))
        .expect("it is ours");
    let told = doctor(&path);
    assert_eq!(told.errors, ["size"], "{}", told.text);
    let limit = "`large` has 251.0 MB, and the limit for a function with all its layers is 250 MB";
    assert!(told.text.contains(limit), "{}", told.text);
}

#[test]
fn unusable_name_is_an_error() {
    let directory = Scratch::directory();
    let program = static_program(&directory);
    for name in ["größe", "two\nlines", " before", "after "] {
        let told = doctor(&file(&directory, name, &program));
        assert_eq!(told.errors, ["name"], "{}", told.text);
    }
    let told = doctor(&file(&directory, "two words.v2", &program));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
}

#[test]
fn other_architecture_is_an_error() {
    const AARCH64: u16 = 183;
    const RISCV: u16 = 243;
    let directory = Scratch::directory();
    let program = static_program(&directory);
    let told = doctor(&file(
        &directory,
        "arm",
        &for_machine(program.clone(), AARCH64),
    ));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
    assert_eq!(told.warnings, ["architecture"], "{}", told.text);
    assert!(told.text.starts_with("arm: a program for arm64, "));
    let told = doctor(&file(
        &directory,
        "riscv",
        &for_machine(program.clone(), RISCV),
    ));
    assert_eq!(told.errors, ["architecture"], "{}", told.text);
    let mut narrow = program;
    narrow[4] = 1;
    let told = doctor(&file(&directory, "narrow", &narrow));
    assert_eq!(told.errors, ["architecture"], "{}", told.text);
}

#[test]
fn file_that_is_no_program_is_named_for_what_it_is() {
    let directory = Scratch::directory();
    needing(&directory, "libown.so.1", "OWN_1");
    let library = fs::read(directory.0.join("stub.so")).expect("it is linked");
    let told = doctor(&file(&directory, "library", &library));
    assert_eq!(told.errors, ["not-a-program"], "{}", told.text);
    for (bytes, what) in [
        (&b""[..], "is empty"),
        (b"echo", "is neither a program for Linux nor a script"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "with a byte order mark"),
        (b"\xcf\xfa\xed\xfe\x07", "is a program for macOS"),
        (b"MZ\x90", "is a program for Windows"),
        (b"!<arch>\n", "is a static library"),
        (b"PK\x03\x04", "is a zip archive"),
    ] {
        let told = doctor(&file(&directory, "other", bytes));
        assert_eq!(told.errors, ["kind"], "{}", told.text);
        assert!(told.text.contains(what), "{}", told.text);
    }
    let output = Command::new(built::command())
        .args(["doctor", directory.path()])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn scripts_are_read_as_the_kernel_reads_them() {
    let directory = Scratch::directory();
    for (bytes, errors, warnings) in [
        (&b"#!/bin/sh\necho\n"[..], &[][..], &[][..]),
        (b"#! /bin/bash -e\n", &[], &[]),
        (b"#!/bin/sh\r\necho\r\n", &["line-ending"], &[]),
        (b"#!sh\n", &["interpreter"], &[]),
        (b"#!\n", &["interpreter"], &[]),
        (b"#!/usr/bin/env node\n", &[], &["interpreter"]),
    ] {
        let told = doctor(&file(&directory, "script", bytes));
        assert_eq!(told.errors, errors, "{}", told.text);
        assert_eq!(told.warnings, warnings, "{}", told.text);
    }
    let told = doctor(Path::new(&fixture("behaves.py")));
    assert!(told.text.contains("is run by `python3`"), "{}", told.text);
}

#[test]
fn damaged_file_is_an_error() {
    let directory = Scratch::directory();
    let programs = [
        static_program(&directory),
        fs::read(needing(&directory, "libc.so.6", "GLIBC_2.99")).expect("it is linked"),
    ];
    for program in programs {
        for part in 1..32 {
            let told = doctor(&file(
                &directory,
                "half",
                &program[..program.len() * part / 32],
            ));
            assert_eq!(told.errors, ["damaged"], "{part}: {}", told.text);
            let cut = told.text.contains("it is truncated");
            assert!(cut || !(8..=16).contains(&part), "{part}: {}", told.text);
        }
        let told = doctor(&file(&directory, "half", &program[..5]));
        assert!(!told.errors.is_empty());
    }
}
