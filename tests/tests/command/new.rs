//! `lambda-ext new`: the generated project passes its own CI file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lambda_ext_tests::built;

use super::Scratch;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A directory in which a crate of this repository stands for the published one.
fn home() -> Scratch {
    let home = Scratch::directory();
    let cargo = home.0.join(".cargo");
    fs::create_dir(&cargo).expect("it is made");
    let target = built::target_dir();
    // Built as the workspace is, for what is there already.
    let config = format!(
        "[patch.crates-io]\nlambda-ext = {{ path = \"{REPOSITORY}/lambda-ext\" }}\n\
         [build]\ntarget-dir = \"{}\"\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n\
         [profile.dev.package.\"*\"]\ndebug = false\n",
        target.display()
    );
    fs::write(cargo.join("config.toml"), config).expect("it is written");
    home
}

fn new(home: &Scratch, name: &str) -> Output {
    Command::new(built::command())
        .args(["new", name])
        .current_dir(&home.0)
        .output()
        .expect("it runs")
}

fn template(file: &str) -> String {
    let template = "lambda-ext/cli/src/new/template";
    fs::read_to_string(format!("{REPOSITORY}/{template}/{file}")).expect("it is there")
}

/// The code of a README between its fences, by what the block has in it.
fn block(readme: &str, has: &str) -> String {
    let blocks = readme.split("\n```").map(|block| block.split_once('\n'));
    let mut blocks = blocks.filter_map(|block| Some(block?.1));
    blocks
        .find(|block| block.contains(has))
        .expect(has)
        .to_owned()
}

/// The commands of the first job, with the file's own words for what it is given.
fn commands(project: &Path) -> Vec<String> {
    let text = fs::read_to_string(project.join(".github/workflows/ci.yml"));
    let text = text.expect("it is there");
    let job = text.split("\n  layer:").next().unwrap_or_default();
    let lines = job
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- run: "));
    lines.map(str::to_owned).collect()
}

/// Runs a command in a project, with `lambda-ext` where a shell finds it.
fn shell(project: &Path, command: &str) -> Output {
    let own = built::command().parent().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)));
    Command::new("sh")
        .args(["-c", command])
        .current_dir(project)
        .env("PATH", path.expect("none has a colon in it"))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("it runs")
}

#[test]
fn new_project_passes_its_own_ci() {
    let home = home();
    let output = new(&home, "my-extension");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("  cd my-extension\n  cargo test\n"), "{told}");
    let project = home.0.join("my-extension");
    assert!(project.join(".git").is_dir());
    // The versions that are known here, so that none has to be looked up.
    fs::copy(
        format!("{REPOSITORY}/Cargo.lock"),
        project.join("Cargo.lock"),
    )
    .expect("the workspace has a lock file");
    let commands = commands(&project);
    assert_eq!(commands.len(), 5, "{commands:?}");
    for command in &commands {
        // It is there: this is the command.
        if command.starts_with("cargo install lambda-ext-cli") {
            continue;
        }
        let output = shell(&project, command);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}:\n{stdout}{stderr}");
        assert!(!stderr.contains("warning"), "{command}:\n{stderr}");
        match command.as_str() {
            "cargo test" => assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}"),
            "lambda-ext emulate my-extension" => {
                assert!(stdout.ends_with("\nmy-extension passed\n"), "{stdout}");
            }
            _ => {}
        }
    }
    for file in ["Cargo.toml", "README.md", ".github/workflows/ci.yml"] {
        let text = fs::read_to_string(project.join(file)).expect("it is there");
        let left = text.replace("${{", "");
        assert!(!left.contains("{{"), "{file}: {text}");
    }
}

#[test]
fn new_project_quotes_the_readme() {
    let readme = fs::read_to_string(format!("{REPOSITORY}/README.md")).expect("it is there");
    let profile = block(&readme, "[profile.release]");
    let manifest = template("Cargo.toml.in");
    assert!(
        manifest.ends_with(&format!("\n{}\n", profile.trim_end())),
        "{manifest}"
    );
    let hello = fs::read_to_string(format!("{REPOSITORY}/examples/hello/src/main.rs"));
    let more = "        emulator.record().assert_clean();\n";
    let source = template("src/main.rs");
    assert!(source.contains(more), "{source}");
    assert_eq!(source.replace(more, ""), hello.expect("it is there"));
}

#[test]
fn impossible_project_is_refused_with_the_reason() {
    let home = home();
    fs::create_dir(home.0.join("there")).expect("it is made");
    for (name, told) in [
        ("there", "error: `there` already exists\n  help: "),
        (
            "größe",
            "error: `größe` is not a valid name of an extension\n  help: ",
        ),
        (
            "two words",
            "error: `two words` is not a valid name of an extension",
        ),
        (
            "9lives",
            "error: invalid character `9` in package name: `9lives`",
        ),
        ("test", "error: invalid package name `test`"),
    ] {
        let output = new(&home, name);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with(told), "{stderr}");
        assert!(!stderr.contains("--name"), "{stderr}");
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(output.stdout.is_empty());
        assert_eq!(home.0.join(name).exists(), name == "there");
    }
}
