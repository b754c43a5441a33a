//! The end of an invocation.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use super::event::TelemetryEvent;
use super::platform::{PlatformReport, PlatformRuntimeDone};
use super::record::TelemetryRecord;
use super::timestamp::Timestamp;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::event;

/// The function is done with an invocation.
///
/// In tests, make one from `RuntimeDone::default()` and set its fields, or read it from the JSON
/// of a `platform.runtimeDone` event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeDone {
    /// When the platform wrote it.
    pub time: Timestamp<'static>,
    /// What the platform tells of it: how it ended, how long it took.
    pub record: PlatformRuntimeDone<'static>,
    /// What the invocation before cost, where its report came since the last `RuntimeDone`: the
    /// platform makes it up once extensions are done with an invocation, too. So the report of the
    /// last invocation comes with none: who wants all of them handles `Platform` telemetry.
    pub previous_report: Option<PlatformReport<'static>>,
    /// The deadline of the event that came last, which is this invocation's mostly, and SHUTDOWN's
    /// after a timeout or a crash: milliseconds since the epoch, 0 where nobody told it.
    pub deadline_ms: u64,
}

impl RuntimeDone {
    /// When the platform cuts the phase that this is in; see
    /// [`InvokeEvent::deadline`](crate::InvokeEvent::deadline). This is cut before, as
    /// [`Handler::runtime_done`](crate::Handler::runtime_done) says.
    #[must_use]
    pub fn deadline(&self) -> SystemTime {
        event::at(self.deadline_ms)
    }

    /// The time left until [`deadline`](Self::deadline), zero once it has passed.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Deadline::from(self.deadline()).time_left()
    }

    /// From the event that tells it; `None` where it tells something else.
    pub(crate) fn new(event: &TelemetryEvent<'_>) -> Option<Self> {
        let TelemetryRecord::PlatformRuntimeDone(record) = &event.record else {
            return None;
        };
        Some(Self {
            time: event.time.clone().into_owned(),
            record: (**record).clone().into_owned(),
            previous_report: None,
            deadline_ms: 0,
        })
    }

    /// The invocation's request id.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.record.request_id
    }
}

/// The type of the event that tells it.
const KIND: &str = "platform.runtimeDone";

/// From the JSON of a `platform.runtimeDone` event.
impl FromStr for RuntimeDone {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self, Error> {
        let event = TelemetryEvent::from(json);
        Self::new(&event).ok_or_else(|| {
            let why = match &event.record {
                TelemetryRecord::Other { kind, record } if kind == KIND => {
                    serde_json::from_str::<PlatformRuntimeDone<'_>>(record).err()
                }
                _ => None,
            };
            let why = why.map_or_else(String::new, |why| format!(" ({why})"));
            format!("this is no `{KIND}` event{why}: {json}").into()
        })
    }
}
