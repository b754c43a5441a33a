//! Programs of others that tests are held to, fetched when they are first asked for.
//!
//! None of them is installed; they are kept below the target directory.

use std::io::{self, Write};
use std::process::Command;
use std::thread;

use crate::built::target_dir;
use crate::finish::{PATIENCE, try_finish};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fetched");

/// What the script of this name, which fetches one, says then, or why it cannot be had.
///
/// # Panics
/// The script fails for any other reason.
pub(crate) fn fetched(name: &str) -> Result<String, String> {
    asked(name, "")
}

/// Like [`fetched`], of a script that is told something.
pub(crate) fn asked(name: &str, input: &str) -> Result<String, String> {
    let mut script = Command::new("python3");
    script
        .arg(format!("{SCRIPTS}/{name}.py"))
        .arg(target_dir().join(name));
    let output = try_finish(script, input, PATIENCE)?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(said),
        Some(3) => Err(said),
        _ => panic!(
            "{name}.py failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// Says of this test that it was left out, which where `CI` is set is a failure.
#[track_caller]
pub(crate) fn did_not_run(why: &str) {
    let current = thread::current();
    let name = current.name().unwrap_or("a test of the real platform");
    let said = format!("{name} did NOT run: {why}");
    assert!(
        std::env::var_os("CI").is_none(),
        "{said} (and with CI set it must)"
    );
    // Not `eprintln!`, which the test harness keeps to itself when a test passes.
    let _ = writeln!(io::stderr(), "\n{said}");
}
