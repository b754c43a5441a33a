//! Extensions under AWS's Runtime Interface Emulator, which judges them and our emulator.
//!
//! Needs Linux on x86_64, `python3` with `pip`, and `unshare`.
//! Where one is missing, a test says so on stderr, and fails if `CI` is set.

mod author_client;
mod extensions;
mod fail_open;
mod platforms;
mod telemetry;
