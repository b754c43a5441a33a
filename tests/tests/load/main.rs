//! Much to do: many invocations, a lot of telemetry, and hostile clients. Memory is measured.
//!
//! Every test measures a process of its own, so that tests can run beside each other.

mod attacks;
mod ingest;
mod soak;
mod steady;
mod stress;
