//! Programs that tests run, built when they are first asked for.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::rie::{build, target_dir};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// The example `hello`.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn hello() -> &'static Path {
    static HELLO: OnceLock<PathBuf> = OnceLock::new();
    HELLO.get_or_init(|| of_the_workspace("hello", "hello", &[]))
}

/// The example `log-shipper`.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn log_shipper() -> &'static Path {
    static LOG_SHIPPER: OnceLock<PathBuf> = OnceLock::new();
    LOG_SHIPPER.get_or_init(|| of_the_workspace("log-shipper", "log-shipper", &[]))
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
