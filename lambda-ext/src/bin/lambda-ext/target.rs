//! Finds the extension to run: a file, or a target of the workspace, which is built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lambda_ext::Error;
use serde_json::Value;

/// How cargo is to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

/// The executable that `target` means.
pub(crate) fn find(target: &str, profile: Profile) -> Result<PathBuf, Error> {
    let path = Path::new(target);
    if path.is_file() {
        return Ok(std::path::absolute(path)?);
    }
    if path.is_dir() {
        return Err(format!("{target} is a directory, not an executable").into());
    }
    if target.contains(std::path::MAIN_SEPARATOR) {
        return Err(format!("there is no file {target}").into());
    }
    let metadata = json_lines(&["metadata", "--no-deps", "--format-version=1"])?;
    let (package, kind) = metadata
        .iter()
        .find_map(|metadata| locate(metadata, target))
        .ok_or_else(|| {
            format!("`{target}` is neither a file nor a binary or example of this workspace")
        })?;
    let kind = format!("--{kind}");
    let mut command = vec![
        "build",
        "--message-format=json-render-diagnostics",
        "--package",
        &package,
        &kind,
        target,
    ];
    if profile == Profile::Release {
        eprintln!("building `{target}` with --release");
        command.push("--release");
    }
    let built = json_lines(&command)?;
    built
        .iter()
        .find(|message| message["target"]["name"] == target && message["executable"].is_string())
        .and_then(|message| message["executable"].as_str())
        .map(PathBuf::from)
        .ok_or_else(|| format!("cargo built no executable for `{target}`").into())
}

/// The package that has a binary or an example of that name.
fn locate(metadata: &Value, target: &str) -> Option<(String, &'static str)> {
    let kind = |found: &Value| {
        ["bin", "example"].into_iter().find(|kind| {
            found["kind"]
                .as_array()
                .is_some_and(|kinds| kinds.contains(&(*kind).into()))
        })
    };
    metadata["packages"].as_array()?.iter().find_map(|package| {
        let targets = package["targets"].as_array()?;
        let found = targets
            .iter()
            .find(|found| found["name"] == target && kind(found).is_some())?;
        Some((package["name"].as_str()?.to_owned(), kind(found)?))
    })
}

/// Runs cargo, and reads the JSON that it prints by the line.
fn json_lines(args: &[&str]) -> Result<Vec<Value>, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(args)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo {} failed", args[0]).into());
    }
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(Into::into))
        .collect()
}
