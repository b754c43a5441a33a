//! Extensions under AWS's Runtime Interface Emulator, which judges them and our emulator.
//!
//! Needs Linux on x86_64, `python3` with `pip`, and `unshare`.
//! If one is missing, a test says so on stderr, and fails if `CI` is set.

mod author_client;
mod extensions;
mod fail_open;
mod platforms;
mod telemetry;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lambda_ext_tests::built;
use lambda_ext_tests::rie::Rie;

/// With this payload the function never answers, so that the caller gets the platform's response.
const NEVER: &str = r#"{"never": true}"#;

/// A run of an extension whose `method` fails.
fn fails(extension: impl Into<PathBuf>, method: &str, by: &str) -> Rie {
    Rie::new()
        .extension(extension)
        .env("FAIL_IN", method)
        .env("FAIL_BY", by)
}

/// The extension `failing` with `panic = "abort"`, as `cargo lambda build --release` sets it.
///
/// It is built once: a second build would replace the file while another test executes it.
fn failing_that_aborts() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let source = include_str!("../../src/bin/failing.rs");
    BUILT.get_or_init(|| built::aborting_crate("aborting", source))
}
