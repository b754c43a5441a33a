//! `lambda-ext new`: creates a project.
//!
//! `cargo new` creates the directory, the repository and `.gitignore`, and checks the name. The
//! files come from `template/`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lambda_ext::Error;

use crate::terminal;

/// The files of a project. The manifest has another name in the template: a directory with a
/// `Cargo.toml` is a package of its own, so cargo would not publish it with this one.
const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("README.md", include_str!("template/README.md")),
    ("src/main.rs", include_str!("template/src/main.rs")),
    (".github/workflows/ci.yml", include_str!("template/ci.yml")),
];

/// The required version of `lambda-ext`: any that is compatible with this command.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR")
);

#[derive(clap::Args)]
pub(crate) struct New {
    /// The directory to create. Its last component is the name of the package and of the extension.
    path: PathBuf,
}

impl New {
    /// Creates the project, and prints the next commands.
    pub(crate) fn run(&self) -> Result<(), Error> {
        let path = &self.path;
        let shown = path.display();
        if path.exists() {
            let help = "choose another name, or remove it";
            return Err(format!("`{shown}` already exists\n  help: {help}").into());
        }
        let name = name(path)?;
        cargo_new(path)?;
        for (file, text) in FILES {
            let text = text
                .replace("{{name}}", name)
                .replace("{{version}}", VERSION);
            write(&path.join(file), &text)?;
        }
        terminal::print(&format!(
            "Created `{shown}`: an extension, and a test of it. Next:\n\n  \
             cd {shown}\n  cargo test\n  lambda-ext emulate {name}\n\n\
             Its README.md explains how to build and deploy it.\n"
        ));
        Ok(())
    }
}

/// The name of the package, which is valid for an extension too. Lambda gets the name of an
/// extension in a header, so it has to be ASCII, while cargo allows letters of any language.
fn name(path: &Path) -> Result<&str, Error> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let is_valid = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if name.is_empty() || !name.chars().all(is_valid) {
        return Err(format!(
            "`{name}` is not a valid name of an extension\n  help: use ASCII letters, digits, `-` \
             and `_`, as in `my-extension`"
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
    // The rest of cargo's message suggests options that this command does not have.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let first = stderr.lines().find_map(|line| line.strip_prefix("error: "));
    Err(first.unwrap_or("`cargo new` failed").into())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = directory.and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()).into())
}
