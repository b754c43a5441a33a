//! Finds the executables to run: files, or targets of the workspace, which are built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lambda_ext::Error;
use serde_json::Value;

/// The profile that cargo builds with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

/// A package that depends on one of these crates is a function.
const RUNTIMES: [&str; 2] = ["lambda_runtime", "lambda_http"];

/// The executables of an environment.
#[derive(Debug, Default)]
pub(crate) struct Executables {
    /// The external extensions.
    pub(crate) extensions: Vec<PathBuf>,
    /// The runtime; none for the emulator's built-in function.
    pub(crate) runtime: Option<PathBuf>,
}

impl Executables {
    /// Finds the targets of the command line, and builds those of the workspace.
    ///
    /// # Errors
    ///
    /// A target does not exist or cannot be built, or there is more than one runtime.
    pub(crate) fn find(targets: &[String], runtime: Option<&str>) -> Result<Self, Error> {
        let mut executables = Self::default();
        if let Some(target) = runtime {
            let (path, _) =
                find(target, Profile::Dev).map_err(|error| format!("the runtime: {error}"))?;
            executables.runtime = Some(path);
        }
        for target in targets {
            match find(target, Profile::Dev)? {
                (path, Role::Extension) => executables.extensions.push(path),
                (_, Role::Function) if executables.runtime.is_some() => {
                    let text = "depends on `lambda_runtime`, and there is a runtime already";
                    return Err(format!("`{target}` {text}: an environment has one").into());
                }
                (path, Role::Function) => executables.runtime = Some(path),
            }
        }
        Ok(executables)
    }
}

/// The role of an executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Extension,
    /// By the dependencies of its package.
    Function,
}

/// Finds the executable of a target, and builds it if it is one of the workspace.
pub(crate) fn find(target: &str, profile: Profile) -> Result<(PathBuf, Role), Error> {
    let path = Path::new(target);
    if path.is_file() {
        return Ok((std::path::absolute(path)?, Role::Extension));
    }
    if path.is_dir() {
        return Err(format!("`{target}` is a directory, not an executable").into());
    }
    if target.contains(std::path::MAIN_SEPARATOR) {
        return Err(format!("there is no file `{target}`").into());
    }
    // Cargo's error would be about a missing `Cargo.toml`.
    let here = std::env::current_dir()?;
    if !here.ancestors().any(|dir| dir.join("Cargo.toml").is_file()) {
        let text = "here, and no cargo project to build it from";
        return Err(format!("there is no file `{target}` {text}").into());
    }
    let metadata = json_lines(&["metadata", "--no-deps", "--format-version=1"])?;
    let (package, option) = metadata
        .iter()
        .find_map(|metadata| find_package(metadata, target))
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
        .map(|path| (PathBuf::from(path), role(package)))
        .ok_or_else(|| format!("cargo built no executable for `{target}`").into())
}

/// Finds the package with a binary or example of that name, and the option of `cargo build` for it.
fn find_package<'m>(metadata: &'m Value, target: &str) -> Option<(&'m Value, &'static str)> {
    metadata["packages"].as_array()?.iter().find_map(|package| {
        let targets = package["targets"].as_array()?;
        let found = targets
            .iter()
            .find(|found| found["name"] == target && option(found).is_some())?;
        Some((package, option(found)?))
    })
}

/// Decides by the dependencies of a package what its executables are.
fn role(package: &Value) -> Role {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let mut normal = dependencies.filter(|dependency| dependency["kind"].is_null());
    if normal.any(|dependency| RUNTIMES.iter().any(|name| dependency["name"] == **name)) {
        Role::Function
    } else {
        Role::Extension
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

/// The option of `cargo build` for a target, without its dashes; none unless it is a binary or an example.
fn option(target: &Value) -> Option<&'static str> {
    let kinds = target["kind"].as_array()?;
    ["bin", "example"]
        .into_iter()
        .find(|kind| kinds.contains(&(*kind).into()))
}

/// Runs cargo, and parses each line of its output as JSON.
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
