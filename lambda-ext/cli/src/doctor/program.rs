//! Programs: whether Lambda's systems can run one.

use std::fmt::Write as _;

use object::elf::{EM_AARCH64, EM_X86_64, Machine};

use super::elf::{self, Elf};
use super::file::{File, megabytes};
use super::finding::Finding;
use super::system::{Needs, SYSTEMS};

/// What a program is, and what is to be said of it.
pub(super) fn look(file: &File, bytes: &[u8], findings: &mut Vec<Finding>) -> String {
    let (name, size) = (&file.name, megabytes(file.size));
    let foreign = |machine: &str| {
        let text = format!("`{name}` is for {machine}, and Lambda has x86_64 and arm64");
        let help = "build it for one of these: `cargo build --release --target \
                    x86_64-unknown-linux-gnu`, or `aarch64-unknown-linux-gnu`";
        Finding::error("architecture", text, help)
    };
    if !elf::is_wide_and_little(bytes) {
        findings.push(foreign(
            "a machine of 32 bits, or of another order of bytes",
        ));
        return format!("a program, {size}");
    }
    let elf = match Elf::read(bytes) {
        Ok(elf) => elf,
        Err(error) => {
            let text = format!("`{name}` is a damaged program: {error}");
            findings.push(Finding::error(
                "damaged",
                text,
                "build or copy it once more",
            ));
            return format!("a program, {size}");
        }
    };
    let Some(architecture) = architecture(elf.machine) else {
        findings.push(foreign(&format!("machine {} of ELF's list", elf.machine.0)));
        return format!("a program, {size}");
    };
    if !elf.executable {
        let text = format!("`{name}` is a library or a part of a program: it cannot be executed");
        let help = "build a binary, from `src/main.rs`, and take that";
        findings.push(Finding::error("not-a-program", text, help));
        return format!("for {architecture}, {size}");
    }
    // What `CreateFunction` has for `Architectures` that are left out:
    // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    if elf.machine == EM_AARCH64 {
        let text =
            format!("`{name}` is for arm64, and functions are x86_64 if nothing else is said");
        let help = "attach it to functions with the architecture arm64 only, and say so of the \
                    layer: `--compatible-architectures arm64`";
        findings.push(Finding::remark("architecture", text, help));
    }
    findings.extend(not_stripped(name, &elf, file));
    let linked = elf
        .interpreter
        .as_ref()
        .map_or("statically", |_| "dynamically");
    let facts = format!("a program for {architecture}, {linked} linked, {size}");
    if let Some(finding) = linker(name, &elf) {
        findings.push(finding);
        return facts;
    }
    if elf.opaque {
        let text = format!("what `{name}` needs cannot be told: it has no section headers");
        let help = "look at the file before these are taken away: `strip` leaves them";
        findings.push(Finding::remark("opaque", text, help));
        return facts;
    }
    let needs = Needs::of(name, &elf, |library| file.brings(library));
    findings.extend(needs.findings);
    let mut text = facts;
    for system in &SYSTEMS[..needs.met] {
        let _ = write!(text, "\n  runs on {}: {}", system.name, system.runtimes);
    }
    text
}

/// The architecture, as Lambda names it, if it is one of Lambda's.
/// <https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html>
fn architecture(machine: Machine) -> Option<&'static str> {
    match machine {
        EM_X86_64 => Some("x86_64"),
        EM_AARCH64 => Some("arm64"),
        _ => None,
    }
}

/// Rust's name for the architecture and the system, without the C library.
pub(super) fn target_of(machine: Machine) -> &'static str {
    if machine == EM_AARCH64 {
        "aarch64-unknown-linux"
    } else {
        "x86_64-unknown-linux"
    }
}

/// That the dynamic linker is none of Lambda's.
fn linker(name: &str, elf: &Elf) -> Option<Finding> {
    let interpreter = elf.interpreter.as_deref()?;
    // Where the ABIs of the two architectures put it.
    let known = match elf.machine {
        EM_AARCH64 => "/lib/ld-linux-aarch64.so.1",
        _ => "/lib64/ld-linux-x86-64.so.2",
    };
    if interpreter == known {
        return None;
    }
    let text = format!(
        "`{name}` asks for the dynamic linker `{interpreter}`, and Lambda's systems have `{known}`"
    );
    let target = target_of(elf.machine);
    let help = if interpreter.contains("musl") {
        format!(
            "link musl in: `RUSTFLAGS=\"-C target-feature=+crt-static\" cargo build --release \
             --target {target}-musl`"
        )
    } else {
        format!("build it for the usual place: `cargo build --release --target {target}-gnu`")
    };
    Some(Finding::error("dynamic-linker", text, help))
}

/// That much of it is of no use on Lambda. Some symbols are in every program that is stripped by
/// parts, so only what is a tenth of it is told.
fn not_stripped(name: &str, elf: &Elf, file: &File) -> Option<Finding> {
    (elf.strippable > file.size / 10).then(|| {
        let (part, whole) = (megabytes(elf.strippable), megabytes(file.size));
        let text = format!("{part} of the {whole} of `{name}` are symbols and debug information");
        let help = "write `strip = true` into `[profile.release]`: every cold start reads the file";
        Finding::remark("not-stripped", text, help)
    })
}
