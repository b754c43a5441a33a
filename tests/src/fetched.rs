//! Programs of others that tests are held to, fetched when they are first asked for.
//!
//! None of them is installed; they are kept below the target directory.

use std::io::{self, Write};
use std::process::{Command, Output};
use std::thread;

use crate::built::target_dir;
use crate::finish::{PATIENCE, finish, try_finish};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fetched");

/// What the script of this name, which fetches one, says then, or why it cannot be had.
///
/// # Panics
/// The script fails for any other reason.
pub(crate) fn fetched(name: &str) -> Result<String, String> {
    said(name, &try_finish(script(name), "", PATIENCE)?)
}

/// Whether what is built for one kind of machine only is of use here, or why not.
pub(crate) fn runs_here(what: &str) -> Result<(), String> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        Ok(())
    } else {
        Err(format!("{what} is had for Linux on x86_64 only"))
    }
}

/// Like [`fetched`], of a script that is told something, and does more than to fetch: that it does
/// not come to its end is a failure.
#[track_caller]
pub(crate) fn asked(name: &str, input: &str) -> Result<String, String> {
    said(name, &finish(script(name), input, PATIENCE))
}

fn script(name: &str) -> Command {
    let mut script = Command::new("python3");
    script
        .arg(format!("{SCRIPTS}/{name}.py"))
        .arg(target_dir().join(name));
    script
}

#[track_caller]
fn said(name: &str, output: &Output) -> Result<String, String> {
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
