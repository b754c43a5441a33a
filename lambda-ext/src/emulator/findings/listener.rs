//! The history of one extension's telemetry, and the findings about it.

use std::time::Duration;

use super::finding::{Finding, Severity};

/// The deliveries of telemetry to one extension.
#[derive(Debug, Default)]
pub(super) struct ListenerHistory {
    /// The first that failed, and how.
    failed: Option<(Duration, String)>,
    failures: usize,
    /// True if one arrived after that.
    recovered: bool,
    /// The number of records that the platform dropped, and when it first did.
    dropped: Option<(Duration, u64)>,
    /// True if it subscribes to the output of extensions, its own included.
    takes_output: bool,
    /// True once a batch was sent, even if it did not arrive.
    delivered: bool,
    /// The time when it first wrote a record of an extension's output.
    looped: Option<Duration>,
    /// The time when it first wrote a record of the platform.
    copied: Option<Duration>,
}

impl ListenerHistory {
    pub(super) fn subscribed(&mut self, to_output: bool) {
        self.takes_output = to_output;
    }

    /// A batch was sent.
    pub(super) fn sent(&mut self) {
        self.delivered = true;
    }

    pub(super) fn arrived(&mut self) {
        self.recovered |= self.failed.is_some();
    }

    pub(super) fn failed(&mut self, how: String, at: Duration) {
        self.failures += 1;
        self.recovered = false;
        self.failed.get_or_insert((at, how));
    }

    pub(super) fn dropped(&mut self, records: u64, at: Duration) {
        self.dropped.get_or_insert((at, 0)).1 += records;
    }

    /// Its extension wrote a line.
    pub(super) fn wrote(&mut self, line: &str, at: Duration) {
        if !(self.takes_output && self.delivered && line.contains("type")) {
            return;
        }
        // As JSON, as JSON in a JSON string, or in the notation of another language.
        let plain: String = line
            .chars()
            .filter(|character| !matches!(character, '\\' | ' '))
            .map(|character| if character == '\'' { '"' } else { character })
            .collect();
        if plain.contains(r#""type":"extension""#) {
            self.looped.get_or_insert(at);
        } else if plain.contains(r#""type":"platform."#) {
            self.copied.get_or_insert(at);
        }
    }

    /// The finding if it writes the telemetry that it gets. Writing only the platform's records need
    /// not lead to a loop, unless more comes than it can take.
    fn loop_finding(&self, name: &str) -> Option<Finding> {
        let at = self.looped.or(self.copied)?;
        let is_certain = self.looped.is_some() || self.dropped.is_some();
        let (severity, makes) = if is_certain {
            (Severity::Error, "makes")
        } else {
            (Severity::Warning, "may make")
        };
        let text = format!(
            "`{name}` subscribes to `extension` and writes what it gets, so each record {makes} \
             another"
        );
        let finding = Finding::new(severity, "telemetry-loop", name, at);
        Some(
            finding
                .with_text(text)
                .with_help("leave out `extension`, or write nothing while a batch is handled"),
        )
    }

    fn failure_finding(&self, name: &str) -> Option<Finding> {
        let (at, how) = self.failed.as_ref()?;
        let (severity, end) = if self.recovered {
            (Severity::Warning, "a later delivery succeeds")
        } else {
            (Severity::Error, "no later delivery succeeds")
        };
        let text = format!("`{name}` does not take a batch of telemetry, {how}; {end}");
        let finding = Finding::new(severity, "telemetry-not-taken", name, *at).with_text(text);
        Some(finding.with_times(self.failures).with_help(
            "listen on 0.0.0.0 before subscribing, and answer 200 to every batch, even to one that \
             cannot be read",
        ))
    }

    fn drop_finding(&self, name: &str) -> Option<Finding> {
        let explained = self.failed.is_some() && !self.recovered;
        let (at, records) = self.dropped.filter(|_| !explained)?;
        let text = format!(
            "`{name}` takes telemetry too slowly: {records} records were dropped \
             (`platform.logsDropped`)"
        );
        let finding = Finding::error("telemetry-dropped", name, at, text);
        Some(finding.with_help("answer 200 as soon as a batch is queued, and handle it afterwards"))
    }

    pub(super) fn findings(&self, name: &str) -> Vec<Finding> {
        let failure = self.failure_finding(name);
        let consequence = self.loop_finding(name).or_else(|| self.drop_finding(name));
        failure.into_iter().chain(consequence).collect()
    }
}

/// Describes the failure of a delivery.
pub(super) fn delivery_failure(status: Option<u16>, error: Option<&str>) -> Option<String> {
    match (error, status) {
        (Some(error), _) => Some(error.to_owned()),
        (None, Some(status @ 400..)) => Some(format!("its listener answers {status}")),
        _ => None,
    }
}
