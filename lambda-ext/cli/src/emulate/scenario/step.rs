//! One step of a scenario.

use lambda_ext::emulator::Fault;
use lambda_ext::{Error, ShutdownReason};
use serde::Deserialize;

use super::super::plan::{Action, Invoke};
use crate::value_parsers::{DurationValue, Outcome, Timeout, parse_call};

/// The keys of all kinds of steps, so that the error about an unknown key lists the known ones.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Step {
    invoke: Option<u32>,
    freeze: Option<DurationValue>,
    fault: Option<FaultKind>,
    shutdown: Option<String>,
    // With `invoke`, and `duration` with some faults.
    duration: Option<DurationValue>,
    timeout: Option<Timeout>,
    outcome: Option<Outcomes>,
    pace: Option<DurationValue>,
    logs: Option<Vec<String>>,
    payload: Option<String>,
    // With `fault`.
    call: Option<String>,
    status: Option<u16>,
    body: Option<String>,
    bytes: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected `success`, `error`, `timeout` or `crash`, or a list of them"
)]
enum Outcomes {
    One(Outcome),
    Several(Vec<Outcome>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FaultKind {
    Reply,
    Close,
    Lose,
    Cut,
    Delay,
    Raw,
    Slow,
}

impl Step {
    /// Converts the step, or returns an error that names the wrong key.
    pub(super) fn action(self) -> Result<Action, Error> {
        let kinds = [
            ("invoke", self.invoke.is_some()),
            ("freeze", self.freeze.is_some()),
            ("fault", self.fault.is_some()),
            ("shutdown", self.shutdown.is_some()),
        ];
        let mut kinds = kinds.into_iter().filter(|(_, given)| *given);
        match (kinds.next(), kinds.next()) {
            (Some(_), None) => {}
            (Some((one, _)), Some((other, _))) => {
                return Err(format!("has both `{one}` and `{other}`").into());
            }
            (None, _) => {
                return Err("expected one of `invoke`, `freeze`, `fault` and `shutdown`".into());
            }
        }
        self.reject_unrelated_keys()?;
        if let Some(count) = self.invoke {
            return Ok(Action::Invoke(Invoke {
                count,
                duration: self.duration.map(|duration| duration.0),
                timeout: self.timeout.map(|timeout| timeout.0),
                outcomes: match self.outcome {
                    None => Vec::new(),
                    Some(Outcomes::One(outcome)) => vec![outcome.into()],
                    Some(Outcomes::Several(outcomes)) if outcomes.is_empty() => {
                        return Err("`outcome` is an empty list".into());
                    }
                    Some(Outcomes::Several(outcomes)) => {
                        outcomes.into_iter().map(Into::into).collect()
                    }
                },
                pace: self.pace.map(|pace| pace.0),
                freeze: None,
                logs: self.logs.unwrap_or_default(),
                payload: self.payload,
            }));
        }
        if let Some(DurationValue(duration)) = self.freeze {
            return Ok(Action::Freeze(duration));
        }
        if let Some(reason) = self.shutdown {
            return Ok(Action::Shutdown(ShutdownReason::from(reason)));
        }
        let call = self.call.as_deref().ok_or("`fault` needs a `call`")?;
        let call = parse_call(call)?;
        let duration = self.duration.map(|duration| duration.0);
        let fault = match self.fault.unwrap_or(FaultKind::Close) {
            FaultKind::Close => Fault::Close,
            FaultKind::Lose => Fault::LoseReply,
            FaultKind::Reply => Fault::Reply {
                status: match self.status.ok_or("`reply` needs a `status`")? {
                    status @ 100..=599 => status,
                    _ => return Err("expected a `status` from 100 to 599".into()),
                },
                body: self.body.unwrap_or_default(),
            },
            FaultKind::Cut => Fault::TruncateReply(
                self.bytes
                    .ok_or("`cut` needs `bytes`, the number of bytes to send")?,
            ),
            FaultKind::Delay => Fault::Delay(duration.ok_or("`delay` needs a `duration`")?),
            FaultKind::Slow => Fault::Slow(duration.ok_or("`slow` needs a `duration`")?),
            FaultKind::Raw => Fault::Raw(self.body.ok_or("`raw` needs a `body`")?.into_bytes()),
        };
        Ok(Action::Fault(call, fault))
    }

    /// Returns an error for a key that does not apply to this kind of step.
    fn reject_unrelated_keys(&self) -> Result<(), Error> {
        let invoke = self.invoke.is_some();
        let fault = self.fault.is_some();
        let keys = [
            ("duration", self.duration.is_some(), invoke || fault),
            ("timeout", self.timeout.is_some(), invoke),
            ("outcome", self.outcome.is_some(), invoke),
            ("pace", self.pace.is_some(), invoke),
            ("logs", self.logs.is_some(), invoke),
            ("payload", self.payload.is_some(), invoke),
            ("call", self.call.is_some(), fault),
            (
                "status",
                self.status.is_some(),
                self.fault == Some(FaultKind::Reply),
            ),
            (
                "body",
                self.body.is_some(),
                matches!(self.fault, Some(FaultKind::Reply | FaultKind::Raw)),
            ),
            (
                "bytes",
                self.bytes.is_some(),
                self.fault == Some(FaultKind::Cut),
            ),
        ];
        match keys.into_iter().find(|(_, given, fits)| *given && !fits) {
            Some((key, ..)) => Err(format!("`{key}` does not apply to this kind of step").into()),
            None => Ok(()),
        }
    }
}
