//! One delivery.

/// One delivery of telemetry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TelemetryBatch {
    text: String,
    framing: Framing,
    dropped: Dropped,
}

/// How the events of a delivery are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As the elements of a JSON array: HTTP.
    #[default]
    Array,
    /// By lines: TCP.
    Lines,
}

/// What an extension did not get.
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
            text,
            framing,
            dropped: Dropped::default(),
        }
    }

    /// The events as they came: a JSON array, or over TCP a JSON object in each line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    /// What was dropped between the batch before and this one.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    pub(crate) fn set_dropped(&mut self, dropped: Dropped) {
        self.dropped = dropped;
    }
}
