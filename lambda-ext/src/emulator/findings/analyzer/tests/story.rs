//! Builds records, step by step.

use std::time::Duration;

use serde_json::json;

use crate::emulator::call::Call;
use crate::emulator::extension_state::ExtensionState;
use crate::emulator::findings::finding::Finding;
use crate::emulator::findings::rules::RULES;
use crate::emulator::record::{KillReason, Phase, Record, Request, Step, StepKind};
use crate::{EventType, ShutdownReason};

/// A record whose steps are a millisecond apart, plus the pauses between them.
pub(super) struct Story {
    record: Record,
    now: Duration,
}

pub(super) fn init() -> Phase {
    Phase::Init { suppressed: false }
}

pub(super) fn invoke() -> Phase {
    Phase::Invoke {
        request_id: "1".to_owned(),
    }
}

pub(super) fn shutdown() -> Phase {
    Phase::Shutdown {
        reason: ShutdownReason::Spindown,
    }
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            record: Record::default(),
            now: Duration::ZERO,
        }
    }

    /// One with an extension `x` that has come through init.
    pub(super) fn ready() -> Self {
        Self::starting().registers("x").waits("x").ends(init())
    }

    /// One in which `x` is launched.
    pub(super) fn starting() -> Self {
        Self::new().begins(init()).launches("x")
    }

    pub(super) fn then(mut self, kind: StepKind) -> Self {
        self.now += Duration::from_millis(1);
        self.record.steps.push(Step { at: self.now, kind });
        self
    }

    pub(super) fn pause(mut self, millis: u64) -> Self {
        self.now += Duration::from_millis(millis);
        self
    }

    pub(super) fn begins(self, phase: Phase) -> Self {
        self.then(StepKind::Began(phase))
    }

    pub(super) fn ends(self, phase: Phase) -> Self {
        self.then(StepKind::Ended { phase, error: None })
    }

    pub(super) fn fails(self, phase: Phase) -> Self {
        let error = Some("it failed".to_owned());
        self.then(StepKind::Ended { phase, error })
    }

    pub(super) fn launches(self, name: &str) -> Self {
        self.then(StepKind::Launched {
            extension: name.to_owned(),
            pid: Some(1),
        })
    }

    /// A call that is accepted.
    pub(super) fn calls(self, name: &str, call: Call, body: &str) -> Self {
        let request = request(name, call, body);
        self.then(StepKind::Answered(request))
    }

    pub(super) fn registers(self, name: &str) -> Self {
        self.calls(name, Call::Register, r#"{"events":["INVOKE","SHUTDOWN"]}"#)
    }

    /// A call that is refused, with an error type and a message.
    pub(super) fn refused(self, name: &str, call: Call, [error_type, message]: [&str; 2]) -> Self {
        let reply = json!({ "errorType": error_type, "errorMessage": message });
        self.then(StepKind::Answered(Request {
            status: 403,
            reply: reply.to_string(),
            ..request(name, call, "")
        }))
    }

    pub(super) fn astray(self, method: &str, path: &str, status: u16) -> Self {
        self.then(StepKind::Answered(Request {
            extension: None,
            call: None,
            method: method.to_owned(),
            path: path.to_owned(),
            body: String::new(),
            error_type: None,
            status,
            reply: String::new(),
        }))
    }

    pub(super) fn waits(self, name: &str) -> Self {
        self.then(StepKind::Waits {
            extension: name.to_owned(),
        })
    }

    pub(super) fn gets(self, name: &str, event: EventType) -> Self {
        self.then(StepKind::Receives {
            extension: name.to_owned(),
            event,
        })
    }

    pub(super) fn leaves(self, name: &str, code: impl Into<Option<i32>>) -> Self {
        self.then(StepKind::Exited {
            extension: name.to_owned(),
            code: code.into(),
            signal: None,
            state: ExtensionState::Exited,
        })
    }

    /// It is ended by a signal that is not the platform's.
    pub(super) fn crashes(self, name: &str, signal: i32) -> Self {
        self.then(StepKind::Exited {
            extension: name.to_owned(),
            code: None,
            signal: Some(signal),
            state: ExtensionState::ShutdownFailed,
        })
    }

    pub(super) fn writes(self, name: &str, line: &str) -> Self {
        self.then(StepKind::Output {
            extension: name.to_owned(),
            line: line.to_owned(),
        })
    }

    pub(super) fn killed(self, name: &str, reason: KillReason) -> Self {
        self.then(StepKind::Killed {
            extension: name.to_owned(),
            reason,
        })
        .leaves(name, None)
    }

    pub(super) fn responds(self) -> Self {
        self.then(StepKind::Responded {
            request_id: "1".to_owned(),
            error_type: None,
        })
    }

    pub(super) fn delivers(self, name: &str, status: u16) -> Self {
        self.then(StepKind::Delivered {
            extension: name.to_owned(),
            records: 1,
            bytes: 80,
            status: Some(status),
            error: None,
        })
    }

    /// SHUTDOWN, which `x` takes and leaves at.
    pub(super) fn ends_well(self) -> Self {
        self.begins(shutdown())
            .gets("x", EventType::Shutdown)
            .leaves("x", 0)
            .ends(shutdown())
    }

    /// Asserts the findings: the rule, the extension, and the count of each, with a `!` for an error.
    #[track_caller]
    pub(super) fn shows(self, expected: &[&str]) -> Vec<Finding> {
        let findings = self.record.findings();
        let found: Vec<_> = findings
            .iter()
            .map(|finding| {
                let mark = if finding.is_error() { "!" } else { "" };
                let name = finding.extension.as_deref().unwrap_or("-");
                let times = match finding.times {
                    1 => String::new(),
                    times => format!(" x{times}"),
                };
                format!("{mark}{} {name}{times}", finding.rule)
            })
            .collect();
        assert_eq!(found, expected, "{findings:#?}");
        for Finding { rule, .. } in &findings {
            assert!(RULES.contains(rule), "`{rule}` is a rule");
        }
        findings
    }
}

fn request(name: &str, call: Call, body: &str) -> Request {
    let reports = matches!(call, Call::InitError | Call::ExitError);
    Request {
        extension: (!name.is_empty()).then(|| name.to_owned()),
        call: Some(call),
        method: call.method().to_owned(),
        path: call.path().to_owned(),
        body: body.to_owned(),
        error_type: reports.then(|| "Extension.ConfigInvalid".to_owned()),
        status: 202,
        reply: String::new(),
    }
}
