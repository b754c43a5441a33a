//! One delivery.

use std::sync::Arc;

use super::event::TelemetryEvent;
use super::events::Events;
use super::framing::Framing;

/// One delivery of telemetry.
///
/// ```
/// use lambda_ext::{TelemetryBatch, TelemetryRecord};
///
/// fn slow(batch: &TelemetryBatch) -> usize {
///     let is_slow = |record: &TelemetryRecord<'_>| match record {
///         TelemetryRecord::PlatformReport(report) => report.metrics.duration.as_secs() >= 1,
///         _ => false,
///     };
///     batch.iter().filter(|event| is_slow(&event.record)).count()
/// }
///
/// // In tests, a batch is made from JSON.
/// let batch = TelemetryBatch::from(
///     r#"[{"time":"2026-03-04T09:15:00.660Z","type":"platform.report","record":{
///         "requestId":"8d2f","status":"success","metrics":{"durationMs":1248.301}}}]"#,
/// );
/// assert_eq!(slow(&batch), 1);
/// ```
///
/// See [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TelemetryBatch {
    /// Shared, because the event loop must know the batch if its handling fails.
    text: Arc<String>,
    framing: Framing,
    dropped: Dropped,
}

/// What an extension did not handle of what it was sent.
///
/// What the platform itself had to drop is told by
/// [`PlatformLogsDropped`](super::PlatformLogsDropped) records, and comes on top. So does a delivery
/// that was answered with an error, as one that is too large or did not come to its end: the
/// platform knows, and sends it again or gives it up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// How many events.
    pub records: u64,
    /// How many bytes of JSON they were.
    pub bytes: u64,
}

impl TelemetryBatch {
    pub(crate) fn new(text: String, framing: Framing) -> Self {
        Self {
            text: text.into(),
            framing,
            dropped: Dropped::default(),
        }
    }

    /// The events. Each is read when it is asked for and borrows from the batch where its JSON
    /// allows; what is to be kept is kept [owned](super::TelemetryEvent::to_owned).
    ///
    /// One that is JSON, but not as it should be, is [something else](super::TelemetryRecord::Other)
    /// among the others. After what is no JSON at all it is not known where events end, and the
    /// rest is one of these; over TCP, the rest of the line. Brackets, commas and spaces between
    /// events are passed over, whether they are where they should be or not.
    #[must_use]
    pub fn iter(&self) -> Events<'_> {
        Events::new(&self.text, self.framing)
    }

    /// The events as they came: a JSON array, or over TCP a JSON object in each line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    /// The memory of its text, unless the batch is kept elsewhere.
    pub(super) fn into_buffer(self) -> Option<Vec<u8>> {
        Arc::into_inner(self.text).map(String::into_bytes)
    }

    /// What was dropped until this batch was handed over, and was not told by one before: what there
    /// was no room for, and batches whose `telemetry` was cut.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// The same batch with this as [`dropped`](Self::dropped), for tests of what is done about it.
    #[must_use]
    pub fn with_dropped(mut self, dropped: Dropped) -> Self {
        self.dropped = dropped;
        self
    }
}

impl<'a> IntoIterator for &'a TelemetryBatch {
    type Item = TelemetryEvent<'a>;
    type IntoIter = Events<'a>;

    fn into_iter(self) -> Events<'a> {
        self.iter()
    }
}

/// As over HTTP: the text of a JSON array.
impl From<String> for TelemetryBatch {
    fn from(text: String) -> Self {
        Self::new(text, Framing::Array)
    }
}

/// As over HTTP: the text of a JSON array.
impl From<&str> for TelemetryBatch {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
