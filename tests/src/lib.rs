//! Helpers shared by the tests of lambda-ext.

pub mod rie;
