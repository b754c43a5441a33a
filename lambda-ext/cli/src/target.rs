//! Finds what is to run: files, or targets of the workspace, which are built.

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

/// The crates by which a package is a function.
const RUNTIMES: [&str; 2] = ["lambda_runtime", "lambda_http"];

/// What is to run.
#[derive(Debug, Default)]
pub(crate) struct Executables {
    /// The external extensions.
    pub(crate) extensions: Vec<PathBuf>,
    /// What runs the function, if it is not the emulator.
    pub(crate) runtime: Option<PathBuf>,
}

impl Executables {
    /// What these targets mean.
    ///
    /// # Errors
    /// One is nowhere, cannot be built, or is one runtime too many.
    pub(crate) fn of(targets: &[String], runtime: Option<&str>) -> Result<Self, Error> {
        let mut executables = Self::default();
        if let Some(target) = runtime {
            let (path, _) =
                find(target, Profile::Dev).map_err(|why| format!("the runtime: {why}"))?;
            executables.runtime = Some(path);
        }
        for target in targets {
            match find(target, Profile::Dev)? {
                (path, Kind::Extension) => executables.extensions.push(path),
                (_, Kind::Function) if executables.runtime.is_some() => {
                    let text = "depends on `lambda_runtime`, and there is a runtime already";
                    return Err(format!("`{target}` {text}: an environment has one").into());
                }
                (path, Kind::Function) => executables.runtime = Some(path),
            }
        }
        Ok(executables)
    }
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Extension,
    /// Its package says that it is one.
    Function,
}

/// The executable that `target` means, and what it is.
pub(crate) fn find(target: &str, profile: Profile) -> Result<(PathBuf, Kind), Error> {
    let path = Path::new(target);
    if path.is_file() {
        return Ok((std::path::absolute(path)?, Kind::Extension));
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
    let (package, option) = metadata
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
    let option = format!("--{option}");
    let name = package["name"].as_str().unwrap_or_default();
    let mut command = vec![
        "build",
        "--message-format=json-render-diagnostics",
        "--package",
        name,
        &option,
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
        .map(|path| (PathBuf::from(path), kind(package)))
        .ok_or_else(|| format!("cargo built no executable for `{target}`").into())
}

/// The package that has a binary or an example of that name, and which of both it is.
fn locate<'m>(metadata: &'m Value, target: &str) -> Option<(&'m Value, &'static str)> {
    metadata["packages"].as_array()?.iter().find_map(|package| {
        let targets = package["targets"].as_array()?;
        let found = targets
            .iter()
            .find(|found| found["name"] == target && option(found).is_some())?;
        Some((package, option(found)?))
    })
}

/// What a package's programs are, by what it depends on other than for its tests.
fn kind(package: &Value) -> Kind {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let mut used = dependencies.filter(|dependency| dependency["kind"].is_null());
    if used.any(|dependency| RUNTIMES.iter().any(|name| dependency["name"] == **name)) {
        Kind::Function
    } else {
        Kind::Extension
    }
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
        .filter(|target| option(target).is_some())
        .filter_map(|target| target["name"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a target is a binary or an example, as the argument of cargo that means it.
fn option(target: &Value) -> Option<&'static str> {
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
