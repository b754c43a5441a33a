//! The outcome of a phase, as telemetry reports it.

use super::json_object::JsonObject;

/// The outcome of a phase: its status, and the type of the error behind it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PhaseOutcome<'a> {
    timed_out: bool,
    error_type: Option<&'a str>,
}

impl<'a> PhaseOutcome<'a> {
    pub(crate) const SUCCESS: Self = Self {
        timed_out: false,
        error_type: None,
    };
    /// A timeout has no error type.
    pub(crate) const TIMEOUT: Self = Self {
        timed_out: true,
        error_type: None,
    };

    pub(crate) fn error(error_type: &'a str) -> Self {
        Self {
            timed_out: false,
            error_type: Some(error_type),
        }
    }

    pub(super) fn is_success(self) -> bool {
        !self.timed_out && self.error_type.is_none()
    }

    fn status(self) -> &'static str {
        match self.error_type {
            _ if self.timed_out => "timeout",
            None => "success",
            // An error of the platform itself.
            Some(error_type) if error_type.starts_with("Sandbox.") => "failure",
            Some(_) => "error",
        }
    }

    /// Adds the status to a record.
    pub(super) fn add_status(self, record: JsonObject) -> JsonObject {
        record.text("status", self.status())
    }

    /// Adds the error type, which comes last in a record.
    pub(super) fn add_error_type(self, record: JsonObject) -> JsonObject {
        record.when(self.error_type, |record, error_type| {
            record.text("errorType", error_type)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonObject, PhaseOutcome};

    #[test]
    fn outcome_in_a_record_has_the_platforms_status_and_error_type() {
        for (outcome, expected) in [
            (PhaseOutcome::SUCCESS, r#"{"status":"success"}"#),
            (PhaseOutcome::TIMEOUT, r#"{"status":"timeout"}"#),
            (
                PhaseOutcome::error("Runtime.ExitError"),
                r#"{"status":"error","errorType":"Runtime.ExitError"}"#,
            ),
            (
                PhaseOutcome::error("Sandbox.Failure"),
                r#"{"status":"failure","errorType":"Sandbox.Failure"}"#,
            ),
        ] {
            let record = outcome.add_error_type(outcome.add_status(JsonObject::default()));
            assert_eq!(record.end(), expected);
        }
    }
}
