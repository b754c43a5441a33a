//! Helpers shared by the tests of lambda-ext.
