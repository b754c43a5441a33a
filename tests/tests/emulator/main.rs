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
