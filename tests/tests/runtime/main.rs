//! The runtime crate: its client, its event loop, its telemetry, and the generated `main`.
//!
//! Extensions run against a platform that the test scripts, or under our emulator.
//! They need nothing but cargo.

mod busy;
mod fail_open;
mod freeze;
mod internal;
mod invocation_ends;
mod lifecycle;
mod next;
mod program;
mod register;
mod runtime_done;
mod subscribe;
mod tasks;
mod telemetry;
mod transport;
