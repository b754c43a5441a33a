//! `lambda-ext doctor` on programs that need a library or a version that Lambda lacks. Needs `cc`,
//! which links them.

use std::fs;

use super::super::Scratch;
use super::{cc, doctor, file, needing};

#[test]
fn newer_symbol_version_is_an_error_that_names_the_symbol() {
    let directory = Scratch::directory();
    let told = doctor(&needing(&directory, "libc.so.6", "GLIBC_2.99"));
    assert_eq!(told.errors, ["version"], "{}", told.text);
    let need = "does not start on Amazon Linux 2023 or older: it needs `GLIBC_2.99` \
                of `libc.so.6` for `wanted`, and that system has `GLIBC_2.34`";
    assert!(told.text.contains(need), "{}", told.text);
    assert!(told.text.contains("x86_64-unknown-linux-gnu.2.34"));
    assert!(!told.text.contains("runs on"), "{}", told.text);
    for (library, version) in [
        ("libc.so.6", "GLIBC_2.35"),
        ("libc.so.6", "GLIBC_ABI_DT_RELR"),
        ("libstdc++.so.6", "GLIBCXX_3.4.30"),
    ] {
        let told = doctor(&needing(&directory, library, version));
        assert_eq!(told.errors, ["version"], "{}", told.text);
    }
    let told = doctor(&needing(&directory, "libc.so.6", "GLIBC_2.34"));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
    assert_eq!(told.warnings, ["version"], "{}", told.text);
    assert!(told.text.contains("does not start on Amazon Linux 2: "));
    assert!(told.text.contains("x86_64-unknown-linux-gnu.2.26"));
    assert_eq!(told.text.matches("runs on").count(), 1, "{}", told.text);
    // Compared by number, not as text.
    let told = doctor(&needing(&directory, "libc.so.6", "GLIBC_2.4"));
    assert_eq!(told.warnings, [""; 0], "{}", told.text);
}

#[test]
fn weak_version_is_no_requirement() {
    const WEAK: u16 = 2;
    let directory = Scratch::directory();
    let program = needing(&directory, "libc.so.6", "GLIBC_2.99");
    let mut bytes = fs::read(program).expect("it is linked");
    // By its hash, behind which are its flags. Of this machine's linkers none sets that flag.
    let hash = hash("GLIBC_2.99").to_le_bytes();
    let found = bytes.windows(4).position(|window| window == hash);
    let flags = found.expect("it is needed") + hash.len();
    bytes[flags..flags + 2].copy_from_slice(&WEAK.to_le_bytes());
    let told = doctor(&file(&directory, "weak", &bytes));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
}

/// That of ELF, by which versions are found.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0, |hash, byte| {
        let hash = (hash << 4) + u32::from(byte);
        let high = hash & 0xf000_0000;
        (hash ^ (high >> 24)) & !high
    })
}

#[test]
fn missing_library_is_an_error_unless_packed() {
    let directory = Scratch::directory();
    let told = doctor(&needing(&directory, "libown.so.1", "OWN_1"));
    assert_eq!(told.errors, ["library"], "{}", told.text);
    let told = doctor(&needing(&directory, "libssl.so.3", "OPENSSL_3.0.0"));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
    assert!(told.warnings.contains(&"library".to_owned()));
    let program = needing(&directory, "libown.so.1", "OWN_1");
    for part in ["extensions", "lib"] {
        fs::create_dir(directory.0.join(part)).expect("it is made");
    }
    let packed = directory.0.join("extensions/program");
    fs::copy(program, &packed).expect("it is copied");
    assert_eq!(doctor(&packed).errors, ["library"]);
    fs::copy(
        directory.0.join("stub.so"),
        directory.0.join("lib/libown.so.1"),
    )
    .expect("it is copied");
    assert_eq!(doctor(&packed).errors, [""; 0]);
}

#[test]
fn foreign_dynamic_linker_is_an_error() {
    let directory = Scratch::directory();
    fs::write(directory.0.join("m.c"), "int main(void) { return 0; }").expect("it is written");
    for (linker, help) in [
        ("/lib/ld-musl-x86_64.so.1", "link musl statically: "),
        ("/nix/store/x/ld-linux-x86-64.so.2", "build it for"),
    ] {
        let option = format!("-Wl,--dynamic-linker={linker}");
        cc(&directory, &["-s", "-o", "moved", "m.c", &option]);
        let told = doctor(&directory.0.join("moved"));
        assert_eq!(told.errors, ["dynamic-linker"], "{}", told.text);
        assert!(told.text.contains(linker), "{}", told.text);
        assert!(told.text.contains(help), "{}", told.text);
    }
}

#[test]
fn unreadable_needs_claim_no_system() {
    let directory = Scratch::directory();
    let program = needing(&directory, "libc.so.6", "GLIBC_2.99");
    let mut bytes = fs::read(program).expect("it is linked");
    // Where the section headers are, and how many.
    bytes[0x28..0x30].fill(0);
    bytes[0x3c..0x40].fill(0);
    let told = doctor(&file(&directory, "opaque", &bytes));
    assert_eq!(told.errors, [""; 0], "{}", told.text);
    assert_eq!(told.warnings, ["no-section-headers"], "{}", told.text);
    assert!(!told.text.contains("runs on"), "{}", told.text);
}
