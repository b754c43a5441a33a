//! Layers, as they are packed here, and as Lambda unpacks them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::built::target_dir;
use crate::fetched::{did_not_run, fetched, runs_here};
use crate::finish::{PATIENCE, finish};

const PACKER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/log-shipper/deploy/layer.py"
);

/// Builds examples as their README says, by cargo-lambda, and packs them.
///
/// The standard library for the machine's own architecture is what a toolchain surely has, and
/// the system's linker needs no Zig: that is all which differs from what a user does.
///
/// # Returns
///
/// The directory with a zip file of each, or `None` where cargo-lambda cannot be had. That has
/// then been said on standard error.
///
/// # Panics
///
/// Where it cannot be had and `CI` is set, or if something does not build.
#[must_use]
#[track_caller]
pub fn by_cargo_lambda(examples: &[&str]) -> Option<PathBuf> {
    let fetched = runs_here("cargo-lambda").and_then(|()| fetched("cargo_lambda"));
    let cargo_lambda = match fetched {
        Ok(path) => path,
        Err(why) => {
            did_not_run(&why);
            return None;
        }
    };
    let layers = target_dir().join("lambda");
    let mut build = Command::new(cargo_lambda);
    build
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["lambda", "build", "--release", "--extension", "--locked"])
        .args(["--output-format", "zip", "--compiler", "cargo"])
        .arg("--skip-target-check")
        .arg("--lambda-dir")
        .arg(&layers)
        .args(examples.iter().flat_map(|name| ["--package", name]))
        .env("CARGO_PROFILE_RELEASE_PANIC", "unwind")
        // With `--target-dir` it asks cargo what cargo does not know.
        .env("CARGO_TARGET_DIR", target_dir())
        // By itself it would change the toolchain.
        .env("RUSTUP", "/bin/false");
    let output = finish(build, "", PATIENCE);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo lambda build:\n{stderr}");
    Some(layers.join("extensions"))
}

/// Packs an extension with the script of the examples, and says what came of it.
#[must_use]
pub fn packed(layer: &Path, extension: &Path) -> Output {
    let mut packer = Command::new("python3");
    packer.arg(PACKER).arg(layer).arg(extension);
    finish(packer, "", PATIENCE)
}

/// What is in a layer when it is unpacked: the files, with their modes.
///
/// # Panics
///
/// It cannot be unpacked.
#[must_use]
#[track_caller]
pub fn unpacked(layer: &Path) -> Vec<(PathBuf, u32)> {
    let opt = layer.with_extension("opt");
    let _ = fs::remove_dir_all(&opt);
    let mut unzip = Command::new("unzip");
    unzip.arg("-q").arg(layer).arg("-d").arg(&opt);
    let output = finish(unzip, "", PATIENCE);
    assert!(output.status.success(), "{output:?}");
    files(&opt)
}

fn files(directory: &Path) -> Vec<(PathBuf, u32)> {
    let entries = fs::read_dir(directory).expect("it was unpacked just now");
    entries
        .map(|entry| entry.expect("it was unpacked just now").path())
        .flat_map(|path| {
            let metadata = path.metadata().expect("it was unpacked just now");
            if metadata.is_dir() {
                files(&path)
            } else {
                vec![(path, metadata.permissions().mode() & 0o7777)]
            }
        })
        .collect()
}
