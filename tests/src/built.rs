//! Programs that tests run, built when they are first asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::finish::{PATIENCE, finish};

/// lambda-ext, as a dependency of another crate; it ends where features may follow.
const DEPENDENCY: &str = concat!(
    "lambda-ext = { path = \"",
    env!("CARGO_MANIFEST_DIR"),
    "/../lambda-ext\""
);
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
        .or_insert_with(|| of_the_workspace(name, name))
        .clone()
}

/// The command.
///
/// # Panics
/// It does not build.
#[must_use]
pub fn command() -> &'static Path {
    static COMMAND: OnceLock<PathBuf> = OnceLock::new();
    COMMAND.get_or_init(|| of_the_workspace("lambda-ext-cli", "lambda-ext"))
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

/// A crate outside of the workspace that depends on lambda-ext alone, by its path.
///
/// # Panics
/// It does not build.
#[must_use]
#[track_caller]
pub fn own_crate(name: &str, source: &str) -> PathBuf {
    build_own_crate(name, source, &manifest(DEPENDENCY), &target_dir())
}

/// The same, but lambda-ext has the feature `logging`, and the crate depends on `tracing`, too.
///
/// # Panics
/// It does not build.
#[must_use]
#[track_caller]
pub fn logging_crate(name: &str, source: &str) -> PathBuf {
    let dependencies = format!(
        "{DEPENDENCY}, features = [\"logging\"] }}\n\
         tracing = {{ version = \"0.1\", default-features = false, features = [\"std\"]"
    );
    build_own_crate(name, source, &manifest(&dependencies), &target_dir())
}

/// The same, but its panics abort.
///
/// # Panics
/// It does not build.
#[must_use]
#[track_caller]
pub fn aborting_crate(name: &str, source: &str) -> PathBuf {
    let profile = "[profile.dev]\npanic = \"abort\"\ndebug = false\nincremental = false\n";
    // Of what is built otherwise nothing can be used, so it need not wait for that either.
    let manifest = manifest(DEPENDENCY) + profile;
    build_own_crate(name, source, &manifest, &target_dir().join("rie/abort"))
}

/// The manifest after the package.
fn manifest(dependencies: &str) -> String {
    format!("[dependencies]\n{dependencies} }}\n[workspace]\n")
}

#[track_caller]
fn build_own_crate(name: &str, source: &str, rest_of_manifest: &str, target: &Path) -> PathBuf {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    let directory = target_dir().join("rie").join(name);
    let manifest = directory.join("Cargo.toml");
    fs::create_dir_all(directory.join("src")).expect("the target directory can be written");
    let files = [
        (
            manifest.clone(),
            format!("[package]\nname = {name:?}\nedition = \"2024\"\n{rest_of_manifest}"),
        ),
        // The versions that are known here, so that none has to be looked up.
        (
            directory.join("Cargo.lock"),
            fs::read_to_string(lock).expect("the workspace has a lock file"),
        ),
        (directory.join("src/main.rs"), source.to_owned()),
    ];
    for (path, text) in files {
        fs::write(path, text).expect("the target directory can be written");
    }
    let manifest = utf8(&manifest);
    build(
        name,
        &["--manifest-path", manifest, "--target-dir", utf8(target)],
    )
}

/// Builds a binary of this workspace or of another manifest and says where it is.
///
/// # Panics
///
/// If it does not build.
#[must_use]
#[track_caller]
pub fn build(binary: &str, arguments: &[&str]) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--message-format", "json", "--bin", binary])
        .args(arguments);
    let output = finish(cargo, "", PATIENCE);
    assert!(
        output.status.success(),
        "{binary} does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let messages = String::from_utf8_lossy(&output.stdout);
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == binary)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .unwrap_or_else(|| panic!("cargo built no executable {binary}:\n{messages}"))
}

/// Where cargo puts what it builds, found from the running test.
///
/// # Panics
///
/// If the running program is not in a target directory.
#[must_use]
pub fn target_dir() -> PathBuf {
    let program = std::env::current_exe().expect("the running program has a path");
    let mut above = program.ancestors();
    let Some(found) = above.find(|directory| directory.join("CACHEDIR.TAG").is_file()) else {
        panic!("{} is in no target directory", program.display())
    };
    found.to_owned()
}

fn of_the_workspace(package: &str, binary: &str) -> PathBuf {
    let target = target_dir();
    let arguments = [
        "--locked",
        "--package",
        package,
        "--target-dir",
        utf8(&target),
    ];
    build(binary, &arguments)
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("the target directory's path is UTF-8")
}
