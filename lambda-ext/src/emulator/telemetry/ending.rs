//! What a phase ends with.

use super::event::Object;

/// What a phase ends with: the platform's status, and the type of the error behind it.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Ending<'a> {
    timed_out: bool,
    error_type: Option<&'a str>,
}

impl<'a> Ending<'a> {
    pub(in super::super) const SUCCESS: Self = Self {
        timed_out: false,
        error_type: None,
    };
    /// It has no error type.
    pub(in super::super) const TIMEOUT: Self = Self {
        timed_out: true,
        error_type: None,
    };

    pub(super) fn is_success(self) -> bool {
        !self.timed_out && self.error_type.is_none()
    }

    pub(in super::super) fn error(error_type: &'a str) -> Self {
        Self {
            timed_out: false,
            error_type: Some(error_type),
        }
    }

    /// Adds its status to a record.
    pub(super) fn add_to(self, record: Object) -> Object {
        let status = match self {
            Self {
                timed_out: true, ..
            } => "timeout",
            Self {
                error_type: None, ..
            } => "success",
            // The platform's own fault, and nobody else's.
            Self {
                error_type: Some(error_type),
                ..
            } if error_type.starts_with("Sandbox.") => "failure",
            _ => "error",
        };
        record.text("status", status)
    }

    /// Adds its type, which comes last.
    pub(super) fn add_type_to(self, record: Object) -> Object {
        record.when(self.error_type, |record, error_type| {
            record.text("errorType", error_type)
        })
    }
}
