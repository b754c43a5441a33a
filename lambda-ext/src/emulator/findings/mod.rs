//! Findings: everything that Lambda objects to in a record, with the remedy.

mod analyzer;
mod collected;
mod expect;
mod finding;
mod history;
mod listener;
mod refusal;
mod rules;

pub use self::finding::{Finding, Severity};
