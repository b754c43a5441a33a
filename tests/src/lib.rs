//! Helpers shared by the tests of lambda-ext.

pub mod budget;
pub mod built;
pub mod clickhouse;
pub mod conformance;
pub mod delivery;
pub mod emf;
pub mod emulated;
pub mod fake;
pub mod faults;
mod fetched;
mod finish;
pub mod layer;
pub mod moto;
mod port;
pub mod program;
pub mod raw;
pub mod rie;
pub mod rotel;
pub mod run;
pub mod samples;
pub mod soak;
pub mod subscriber;
pub mod told;
pub mod traced;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
