//! CloudWatch's embedded metric format.

use std::process::Command;

use serde_json::json;

use crate::rie::{PATIENCE, did_not_run, target_dir, try_finish};

const JUDGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/emf/judge.py");

/// What is wrong with these lines by AWS's own schema of the format, and what its specification
/// says beyond that.
///
/// # Returns
///
/// `None` where the schema cannot be had. That has then been said on standard error.
///
/// # Panics
///
/// Where it cannot be had and `CI` is set, or if the check itself fails.
#[must_use]
#[track_caller]
pub fn problems(lines: &[String]) -> Option<Vec<String>> {
    let mut judge = Command::new("python3");
    judge.arg(JUDGE).arg(target_dir().join("emf"));
    let output = match try_finish(judge, &format!("{}\n", json!(lines)), PATIENCE) {
        Ok(output) => output,
        Err(why) => panic!("{why}"),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => Some(said.lines().map(ToOwned::to_owned).collect()),
        Some(3) => {
            did_not_run(&said);
            None
        }
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}
