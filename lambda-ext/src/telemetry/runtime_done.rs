//! The end of an invocation.

use std::str::FromStr;

use super::{PlatformReport, PlatformRuntimeDone, TelemetryEvent, TelemetryRecord, Timestamp};
use crate::Error;

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
    /// platform makes it up once extensions are done with an invocation, too.
    pub previous_report: Option<PlatformReport<'static>>,
}

impl RuntimeDone {
    /// From the event that tells it; `None` where it tells something else.
    pub(crate) fn new(
        event: &TelemetryEvent<'_>,
        previous_report: Option<PlatformReport<'static>>,
    ) -> Option<Self> {
        let TelemetryRecord::PlatformRuntimeDone(record) = &event.record else {
            return None;
        };
        Some(Self {
            time: event.time.clone().into_owned(),
            record: (**record).clone().into_owned(),
            previous_report,
        })
    }

    /// The invocation's request id.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.record.request_id
    }
}

/// From the JSON of a `platform.runtimeDone` event.
impl FromStr for RuntimeDone {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self, Error> {
        let event = TelemetryEvent::from(json);
        Self::new(&event, None)
            .ok_or_else(|| format!("this is no `platform.runtimeDone` event: {json}").into())
    }
}
