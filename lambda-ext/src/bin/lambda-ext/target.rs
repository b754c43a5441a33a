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
        return Err(format!("`{target}` is a directory, not an executable").into());
    }
    if target.contains(std::path::MAIN_SEPARATOR) {
        return Err(format!("there is no file `{target}`").into());
    }
    // Cargo would speak of its own file, which nobody has asked for.
    let here = std::env::current_dir()?;
    if !here.ancestors().any(|dir| dir.join("Cargo.toml").is_file()) {
        let text = "here, and no cargo project to build it from";
        return Err(format!("there is no file `{target}` {text}").into());
    }
    let metadata = json_lines(&["metadata", "--no-deps", "--format-version=1"])?;
    let (package, kind) = metadata
        .iter()
        .find_map(|metadata| locate(metadata, target))
        .ok_or_else(|| {
            let known = match names(&metadata).join(", ") {
                names if names.is_empty() => "has none".to_owned(),
                names => format!("has: {names}"),
            };
            format!(
                "`{target}` is neither a file here nor a binary or example of this project, \
                 which {known}"
            )
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
    metadata["packages"].as_array()?.iter().find_map(|package| {
        let targets = package["targets"].as_array()?;
        let found = targets
            .iter()
            .find(|found| found["name"] == target && kind(found).is_some())?;
        Some((package["name"].as_str()?.to_owned(), kind(found)?))
    })
}

/// The names of all binaries and examples.
fn names(metadata: &[Value]) -> Vec<&str> {
    fn of<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
        value[key].as_array().into_iter().flatten()
    }
    let packages = metadata
        .iter()
        .flat_map(|metadata| of(metadata, "packages"));
    let targets = packages.flat_map(|package| of(package, "targets"));
    let mut names: Vec<_> = targets
        .filter(|target| kind(target).is_some())
        .filter_map(|target| target["name"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a target is a binary or an example, as the argument of cargo that means it.
fn kind(target: &Value) -> Option<&'static str> {
    let kinds = target["kind"].as_array()?;
    ["bin", "example"]
        .into_iter()
        .find(|kind| kinds.contains(&(*kind).into()))
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
