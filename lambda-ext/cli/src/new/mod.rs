//! `lambda-ext new`: a project to begin with.
//!
//! Cargo makes the project, with its rules for names, its repository and what git is to ignore;
//! what is in it comes from `template/`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lambda_ext::Error;

/// The files of a project. The manifest has another name here: cargo takes a directory with a
/// `Cargo.toml` for a package of its own, which it does not put into this one.
const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("README.md", include_str!("template/README.md")),
    ("src/main.rs", include_str!("template/src/main.rs")),
    (".github/workflows/ci.yml", include_str!("template/ci.yml")),
];

/// The version to depend on: what is compatible with the command's own.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR")
);

#[derive(clap::Args)]
pub(crate) struct New {
    /// The directory to make. Its last part is the name of the package, and so of the extension.
    path: PathBuf,
}

impl New {
    /// Makes the project, and says how to go on.
    pub(crate) fn run(&self) -> Result<(), Error> {
        let path = &self.path;
        let shown = path.display();
        if path.exists() {
            let help = "choose another name, or take what is there away";
            return Err(format!("`{shown}` exists already\n  help: {help}").into());
        }
        let name = name(path)?;
        cargo_new(path)?;
        for (file, text) in FILES {
            let text = text
                .replace("{{name}}", name)
                .replace("{{version}}", VERSION);
            write(&path.join(file), &text)?;
        }
        crate::say(format_args!(
            "`{shown}` has an extension, and a test of it. To go on:\n\n  \
             cd {shown}\n  cargo test\n  lambda-ext emulate {name}\n\n\
             Its README.md says how to build and to deploy it."
        ));
        Ok(())
    }
}

/// The name of the package: one that is legal as an extension's, too. An extension is known by its
/// file's name, which is sent as a header, where cargo allows letters of any language.
fn name(path: &Path) -> Result<&str, Error> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let legal = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if name.is_empty() || !name.chars().all(legal) {
        return Err(format!(
            "`{name}` cannot be an extension's name\n  help: write one of letters without \
             accents, digits, `-` and `_`, such as `my-extension`"
        )
        .into());
    }
    Ok(name)
}

fn cargo_new(path: &Path) -> Result<(), Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["new", "--quiet", "--color", "never", "--bin"])
        .arg(path)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // Of what cargo says the rest are ways out by options that it has, and `new` has not.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let first = stderr.lines().find_map(|line| line.strip_prefix("error: "));
    Err(first.unwrap_or("`cargo new` failed").into())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = directory.and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()).into())
}
