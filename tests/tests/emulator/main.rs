//! The emulator, with extensions of the test's own process, with processes, and with raw requests.
//!
//! `tests/EMULATOR.md` lists what the emulator must do, and the test that proves it.

mod client_faults;
mod dropped;
mod environment;
mod events;
mod failures;
mod faults;
mod left_behind;
mod managed;
mod processes;
mod registration;
mod requests;
mod runtime;
mod shutdown;
mod telemetry;

use lambda_ext::emulator::{Emulator, Initialization};
use lambda_ext_tests::raw::Raw;

/// A function in Python, whose payload says what it does.
const FUNCTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rie/function.py");

/// Starts an environment with the external extension `ext`, which the test plays by raw requests.
async fn environment() -> (Emulator, Raw) {
    environment_of(Initialization::OnDemand).await
}

/// The same, with another type of initialization.
async fn environment_of(initialization: Initialization) -> (Emulator, Raw) {
    let builder = Emulator::builder().initialization(initialization);
    let emulator = builder.start().await.unwrap();
    // Only its name matters.
    let _ = emulator.extension("ext");
    let raw = Raw::of(&emulator);
    (emulator, raw)
}
