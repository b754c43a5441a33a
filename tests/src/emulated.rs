//! Environments for tests of the emulator.

use lambda_ext::emulator::record::{Record, StepKind};
use lambda_ext::emulator::{Call, Emulator};

/// An environment with this executable as its extension.
///
/// # Panics
/// It does not start.
pub async fn with_executable(path: &str) -> Emulator {
    Emulator::builder().executable(path).start().await.unwrap()
}

/// The path of a fixture.
#[must_use]
pub fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Waits until a step has happened.
pub async fn happened(emulator: &Emulator, meant: impl Fn(&StepKind) -> bool) {
    while !emulator.record().steps.iter().any(|step| meant(&step.kind)) {
        tokio::task::yield_now().await;
    }
}

/// Lists the answered registrations, and the calls of `next` that wait, in their order.
#[must_use]
pub fn calls(record: &Record) -> Vec<&str> {
    let steps = record.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Answered(request) if request.call == Some(Call::Register) => Some("register"),
        StepKind::Waits { .. } => Some("next"),
        StepKind::RuntimeWaits => Some("runtime next"),
        _ => None,
    });
    steps.collect()
}
