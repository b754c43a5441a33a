//! Programs: whether Lambda's systems can run one.

use std::fmt::Write as _;

use object::elf::{EM_AARCH64, EM_X86_64, Machine};

use super::elf::{self, Elf, target_prefix};
use super::file::{File, format_size};
use super::finding::Finding;
use super::system::{Requirements, SYSTEMS};

/// Describes a program, and adds the findings about it.
pub(super) fn inspect(file: &File, bytes: &[u8], findings: &mut Vec<Finding>) -> String {
    let (name, size) = (&file.name, format_size(file.size));
    let foreign = |machine: &str| {
        let text = format!("`{name}` is for {machine}, and Lambda has x86_64 and arm64");
        let help = "build it for one of these: `cargo build --release --target \
                    x86_64-unknown-linux-gnu`, or `aarch64-unknown-linux-gnu`";
        Finding::error("architecture", text, help)
    };
    if !elf::is_64_bit_little_endian(bytes) {
        findings.push(foreign("a 32-bit or big-endian machine"));
        return format!("a program, {size}");
    }
    let elf = match Elf::read(bytes) {
        Ok(elf) => elf,
        Err(error) => {
            let text = format!("`{name}` is a damaged program: {error}");
            findings.push(Finding::error("damaged", text, "build or copy it again"));
            return format!("a program, {size}");
        }
    };
    let Some(architecture) = architecture(elf.machine) else {
        findings.push(foreign(&format!("the ELF machine {}", elf.machine.0)));
        return format!("a program, {size}");
    };
    if !elf.executable {
        let text = format!("`{name}` is a library or an object file, which cannot be executed");
        let help = "build a binary, from `src/main.rs`, and use that";
        findings.push(Finding::error("not-a-program", text, help));
        return format!("for {architecture}, {size}");
    }
    // The default of `Architectures` in `CreateFunction`:
    // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    if elf.machine == EM_AARCH64 {
        let text =
            format!("`{name}` is for arm64, and the default architecture of functions is x86_64");
        let help = "attach it to arm64 functions only, and publish the layer with \
                    `--compatible-architectures arm64`";
        findings.push(Finding::warning("architecture", text, help));
    }
    findings.extend(not_stripped(name, &elf, file));
    let linked = elf
        .interpreter
        .as_ref()
        .map_or("statically", |_| "dynamically");
    let facts = format!("a program for {architecture}, {linked} linked, {size}");
    if let Some(finding) = dynamic_linker(name, &elf) {
        findings.push(finding);
        return facts;
    }
    if elf.lacks_section_headers {
        let text =
            format!("`{name}` has no section headers, so the libraries that it needs are unknown");
        let help = "check the file before its section headers are removed; `strip` keeps them";
        findings.push(Finding::warning("no-section-headers", text, help));
        return facts;
    }
    let requirements = Requirements::of(name, &elf, |library| file.layer_has_library(library));
    findings.extend(requirements.findings);
    let mut text = facts;
    for system in &SYSTEMS[..requirements.supported_systems] {
        let _ = write!(text, "\n  runs on {}: {}", system.name, system.runtimes);
    }
    text
}

/// Lambda's name of the architecture; none if Lambda does not have it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html>
fn architecture(machine: Machine) -> Option<&'static str> {
    match machine {
        EM_X86_64 => Some("x86_64"),
        EM_AARCH64 => Some("arm64"),
        _ => None,
    }
}

/// The finding about a dynamic linker that Lambda does not have.
fn dynamic_linker(name: &str, elf: &Elf) -> Option<Finding> {
    let interpreter = elf.interpreter.as_deref()?;
    // The paths in the ABIs of the two architectures.
    let expected = match elf.machine {
        EM_AARCH64 => "/lib/ld-linux-aarch64.so.1",
        _ => "/lib64/ld-linux-x86-64.so.2",
    };
    if interpreter == expected {
        return None;
    }
    let text = format!(
        "`{name}` needs the dynamic linker `{interpreter}`, and Lambda's systems have `{expected}`"
    );
    let target = target_prefix(elf.machine);
    let help = if interpreter.contains("musl") {
        format!(
            "link musl statically: `RUSTFLAGS=\"-C target-feature=+crt-static\" cargo build --release \
             --target {target}-musl`"
        )
    } else {
        format!("build it for the standard path: `cargo build --release --target {target}-gnu`")
    };
    Some(Finding::error("dynamic-linker", text, help))
}

/// The warning about symbols and debug information, if they are more than a tenth of the file:
/// partly stripped programs keep some symbols.
fn not_stripped(name: &str, elf: &Elf, file: &File) -> Option<Finding> {
    (elf.strippable > file.size / 10).then(|| {
        let (part, whole) = (format_size(elf.strippable), format_size(file.size));
        let text = format!("{part} of the {whole} of `{name}` are symbols and debug information");
        let help = "set `strip = true` in `[profile.release]`: every cold start reads the file";
        Finding::warning("not-stripped", text, help)
    })
}
