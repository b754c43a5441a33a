//! Extensions as authors write them: the examples, ones that log, and ones without `lambda-ext`.
//!
//! Cargo builds each extension when a test first asks for it.
//! The modules name the services that they need. If one is missing, a test says so on stderr, and
//! fails if `CI` is set.

mod circuit_breaker;
mod config_preloader;
mod cost_meter;
mod deploy;
mod internal;
mod log_shipper;
mod logging;
mod otel_exporter;
mod peers;
mod secret_cache;
mod tmp_cleaner;

use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext_tests::built;
use lambda_ext_tests::fake::bounded;

/// Builds the example, then runs a test of it, whose time limit does not include the build.
async fn with_example<F: Future>(name: &'static str, test: F) -> F::Output {
    let _ = built::example(name);
    bounded(test).await
}

/// An invocation whose timeout suits the slowest machine.
fn invocation() -> Invocation {
    Invocation::default().timeout(Duration::from_secs(60))
}

/// Shuts the environment down, and asserts that the extension behaved.
async fn ends_well(emulator: &Emulator, name: &str) {
    emulator.shutdown(ShutdownReason::Spindown).await.unwrap();
    let record = emulator.record();
    record.assert_clean();
    let exits = record.exits(name);
    assert!(!exits.is_empty(), "{record}");
    assert!(exits.iter().all(|code| *code == Some(0)), "{record}");
}
