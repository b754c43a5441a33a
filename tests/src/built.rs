//! Programs that tests run, built when they are first asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::rie::{build, target_dir};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// One of the examples, by its name.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn example(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.entry(name);
    built
        .or_insert_with(|| of_the_workspace(name, name, &[]))
        .clone()
}

/// The command.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn command() -> &'static Path {
    static COMMAND: OnceLock<PathBuf> = OnceLock::new();
    COMMAND.get_or_init(|| of_the_workspace("lambda-ext", "lambda-ext", &["--features", "cli"]))
}

/// An extension written with the crate `lambda-extension`, by the name of its file.
///
/// # Panics
/// It does not build.
#[must_use]
#[track_caller]
pub fn rust_peer(binary: &str) -> PathBuf {
    let manifest = format!("{PEERS}/lambda-extension/Cargo.toml");
    // Its dependencies have features of their own, so nothing that is built otherwise is of use.
    let target = target_dir().join("peers");
    let arguments = ["--manifest-path", &manifest, "--target-dir", utf8(&target)];
    build(binary, &[&["--locked"], &arguments[..]].concat())
}

/// The extension in plain Python.
#[must_use]
pub fn python_peer() -> PathBuf {
    Path::new(PEERS).join("python_extension.py")
}

fn of_the_workspace(package: &str, binary: &str, more: &[&str]) -> PathBuf {
    let target = target_dir();
    let arguments = [
        "--locked",
        "--package",
        package,
        "--target-dir",
        utf8(&target),
    ];
    build(binary, &[&arguments, more].concat())
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("the target directory's path is UTF-8")
}
