//! Helpers shared by the tests of lambda-ext.

pub mod fake;
pub mod program;
pub mod rie;
