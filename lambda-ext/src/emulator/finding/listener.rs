//! How the telemetry of one extension went.

use std::time::Duration;

use super::{Finding, error, remark};

/// How deliveries of telemetry went.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// The first that failed, and how.
    pub(super) failed: Option<(Duration, String)>,
    pub(super) failures: usize,
    /// Whether one arrived after that.
    pub(super) recovered: bool,
    /// Records that the platform dropped, and when first.
    pub(super) dropped: Option<(Duration, u64)>,
    /// Whether it gets what extensions write, itself included.
    pub(super) takes_output: bool,
    /// Whether a batch was delivered, whatever came of it.
    pub(super) delivered: bool,
    /// When it first wrote a record of what an extension wrote.
    looped: Option<Duration>,
    /// When it first wrote a record of the platform.
    copied: Option<Duration>,
}

impl Listener {
    /// Its extension wrote a line.
    pub(super) fn wrote(&mut self, line: &str, at: Duration) {
        if !(self.takes_output && self.delivered && line.contains("type")) {
            return;
        }
        // As JSON, as JSON in a string of JSON, or as another language shows such a value.
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

    /// What to say if it writes what it gets. One that writes the platform's records only need not
    /// go round in a circle, unless more comes than it can take.
    fn circle(&self, name: &str) -> Option<Finding> {
        let sure = self.looped.is_some() || self.dropped.is_some();
        let (kind, makes): (fn(_, &_, _, _, &_) -> _, _) = if sure {
            (error, "makes")
        } else {
            (remark, "may make")
        };
        let text = format!(
            "`{name}` subscribes to `extension` and writes what it gets, so each record {makes} \
             another"
        );
        let help = "leave out `extension`, or write nothing while a batch is handled";
        let at = self.looped.or(self.copied)?;
        Some(kind("telemetry-loop", name, at, text, help))
    }

    /// What to say about it.
    pub(super) fn findings(&self, name: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some((at, how)) = &self.failed {
            let (kind, end): (fn(_, &_, _, _, &_) -> _, _) = if self.recovered {
                (remark, "it came again until it was taken")
            } else {
                (error, "it comes again and again")
            };
            let mut finding = kind(
                "telemetry-not-taken",
                name,
                *at,
                format!("`{name}` does not take a batch of telemetry, {how}; {end}"),
                "listen on 0.0.0.0 before subscribing, and answer 200 to every batch, also to one \
                 that cannot be read",
            );
            finding.times = self.failures;
            findings.push(finding);
        }
        if let Some(circle) = self.circle(name) {
            findings.push(circle);
            return findings;
        }
        let follows = self.failed.is_some() && !self.recovered;
        if let Some((at, records)) = self.dropped.filter(|_| !follows) {
            findings.push(error(
                "telemetry-dropped",
                name,
                at,
                format!(
                    "`{name}` takes telemetry too slowly: {records} records were dropped \
                    (`platform.logsDropped`)"
                ),
                "answer 200 as soon as a batch is queued, and handle it afterwards",
            ));
        }
        findings
    }
}
