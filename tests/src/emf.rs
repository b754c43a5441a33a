//! CloudWatch's embedded metric format.

use serde_json::json;

use crate::fetched::{asked, did_not_run};

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
    match asked("emf", &format!("{}\n", json!(lines))) {
        Ok(said) => Some(said.lines().map(ToOwned::to_owned).collect()),
        Err(why) => {
            did_not_run(&why);
            None
        }
    }
}
