//! The time that extensions cost.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::serial::{milliseconds, optional_milliseconds};
use super::step::{Phase, StepKind};
use super::steps::Record;
use crate::emulator::call::Call;
use crate::event::EventType;

/// The time that one extension costs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cost {
    /// Its name.
    pub extension: String,
    /// From its first launch until it was registered; none for one that did not get there. An
    /// internal extension is launched with the function's runtime.
    #[serde(rename = "register_ms", serialize_with = "optional_milliseconds")]
    pub register: Option<Duration>,
    /// From its first launch until its first `next`, which is its part of a cold start.
    #[serde(rename = "ready_ms", serialize_with = "optional_milliseconds")]
    pub ready: Option<Duration>,
    /// Its overhead in each invocation that it received and completed.
    pub overheads: Vec<Overhead>,
    /// From its last SHUTDOWN until it had left.
    #[serde(rename = "shutdown_ms", serialize_with = "optional_milliseconds")]
    pub shutdown: Option<Duration>,
}

/// The overhead of an extension in one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Overhead {
    /// The invocation's request id.
    pub request_id: String,
    /// The time between the function's response and its `next`; zero if it was done before.
    #[serde(rename = "overhead_ms", serialize_with = "milliseconds")]
    pub time: Duration,
}

#[derive(Default)]
struct Meter {
    cost: Cost,
    launched: Option<Duration>,
    busy: Option<Duration>,
    shutdown: Option<Duration>,
}

impl Record {
    /// Returns the cost of each extension, by name.
    #[must_use]
    pub fn costs(&self) -> Vec<Cost> {
        let mut meters: BTreeMap<&str, Meter> = BTreeMap::new();
        let mut invocation = None;
        let mut responded = None;
        let mut runtime = None;
        for step in &self.steps {
            let at = step.at;
            match &step.kind {
                StepKind::Began(Phase::Invoke { request_id }) => {
                    invocation = Some(request_id);
                    responded = None;
                }
                StepKind::Responded { .. } => responded = Some(at),
                StepKind::Launched { extension, .. } => {
                    let meter = meters.entry(extension).or_default();
                    meter.launched.get_or_insert(at);
                }
                StepKind::RuntimeStarted { .. } => {
                    runtime.get_or_insert(at);
                }
                StepKind::Answered(request)
                    if request.call == Some(Call::Register) && request.status == 200 =>
                {
                    let meter = meters
                        .entry(request.extension.as_deref().unwrap_or_default())
                        .or_default();
                    meter.launched = meter.launched.or(runtime);
                    let since = meter.launched.map(|launched| at.saturating_sub(launched));
                    meter.cost.register = meter.cost.register.or(since);
                }
                StepKind::Receives { extension, event } => {
                    let meter = meters.entry(extension).or_default();
                    match event {
                        EventType::Invoke => meter.busy = Some(at),
                        _ => meter.shutdown = Some(at),
                    }
                }
                StepKind::Waits { extension } => {
                    let meter = meters.entry(extension).or_default();
                    let since = meter.launched.map(|launched| at.saturating_sub(launched));
                    meter.cost.ready = meter.cost.ready.or(since);
                    if let (Some(_), Some(request_id)) = (meter.busy.take(), invocation) {
                        let since = responded.unwrap_or(at);
                        meter.cost.overheads.push(Overhead {
                            request_id: request_id.clone(),
                            time: at.saturating_sub(since),
                        });
                    }
                }
                StepKind::Exited { extension, .. } => {
                    let meter = meters.entry(extension).or_default();
                    if let Some(received) = meter.shutdown.take() {
                        meter.cost.shutdown = Some(at.saturating_sub(received));
                    }
                    meter.busy = None;
                }
                _ => {}
            }
        }
        meters
            .into_iter()
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, meter)| Cost {
                extension: name.to_owned(),
                ..meter.cost
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Phase, Record, Request, StepKind};
    use crate::emulator::{Call, ExtensionState};
    use crate::{EventType, ShutdownReason};

    #[test]
    fn costs_count_from_launch_response_and_event() {
        let extension = || "x".to_owned();
        let invoke = Phase::Invoke {
            request_id: "1".to_owned(),
        };
        let shutdown = Phase::Shutdown {
            reason: ShutdownReason::Spindown,
        };
        let register = Request {
            extension: Some(extension()),
            call: Some(Call::Register),
            method: "POST".to_owned(),
            path: String::new(),
            body: String::new(),
            error_type: None,
            status: 200,
            reply: String::new(),
        };
        let waits = || StepKind::Waits {
            extension: extension(),
        };
        let gets = |event| StepKind::Receives {
            extension: extension(),
            event,
        };
        let responded = || StepKind::Responded {
            request_id: "1".to_owned(),
            error_type: None,
        };
        let steps = [
            (
                5,
                StepKind::Launched {
                    extension: extension(),
                    pid: None,
                },
            ),
            (15, StepKind::Answered(register)),
            (25, waits()),
            (100, StepKind::Began(invoke.clone())),
            (101, gets(EventType::Invoke)),
            (110, responded()),
            (112, waits()),
            (200, StepKind::Began(invoke)),
            (201, gets(EventType::Invoke)),
            (202, waits()),
            (210, responded()),
            (300, StepKind::Began(shutdown)),
            (301, gets(EventType::Shutdown)),
            (
                304,
                StepKind::Exited {
                    extension: extension(),
                    code: Some(0),
                    signal: None,
                    state: ExtensionState::Exited,
                },
            ),
        ];
        let record = Record::of(Duration::from_millis, steps);
        let millis = |millis| Some(Duration::from_millis(millis));
        let costs = record.costs();
        assert_eq!(costs.len(), 1);
        let cost = &costs[0];
        assert_eq!((cost.register, cost.ready), (millis(10), millis(20)));
        let overheads = cost.overheads.iter().map(|overhead| Some(overhead.time));
        assert_eq!(overheads.collect::<Vec<_>>(), [millis(2), millis(0)]);
        assert_eq!(cost.shutdown, millis(3));
    }
}
