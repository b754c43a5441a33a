//! What is told, as rows of a table.

use lambda_ext::telemetry::Dropped;
use lambda_ext::{TelemetryBatch, TelemetryEvent, TelemetryRecord};
use serde::Deserialize;

/// The type of the rows that tell of a loss.
pub const LOSS: &str = "log-shipper.dropped";

/// A row, but for what is the same in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When the platform wrote it.
    pub time: String,
    /// `function`, `platform.start`.
    pub kind: String,
    /// The invocation that it belongs to, where that is known.
    pub request_id: Option<String>,
    /// The text that was printed, or JSON.
    pub message: String,
}

/// Makes rows, and knows whose they are.
#[derive(Debug)]
pub struct Rows {
    /// Whether several invocations run at once.
    overlap: bool,
    /// The invocation that began last.
    running: Option<String>,
}

impl Rows {
    pub fn new(overlap: bool) -> Self {
        Self {
            overlap,
            running: None,
        }
    }

    pub fn of(&mut self, batch: &TelemetryBatch) -> Vec<Row> {
        let mut rows: Vec<Row> = batch.iter().map(|event| self.row(&event)).collect();
        let dropped = batch.dropped();
        if dropped.records > 0 {
            let time = rows.first().map(|row| row.time.clone());
            rows.insert(0, lost_before(time.unwrap_or_default(), dropped));
        }
        rows
    }

    fn row(&mut self, event: &TelemetryEvent<'_>) -> Row {
        let (message, request_id) = match &event.record {
            TelemetryRecord::Function(line) => {
                let line = line.as_str().trim_end_matches('\n');
                (line, self.running.clone().or_else(|| named_in(line)))
            }
            record => {
                let request_id = record.request_id().map(str::to_owned);
                (event.record_json(), request_id)
            }
        };
        // Lines come in order with what the platform tells, unless invocations overlap.
        if matches!(event.record, TelemetryRecord::PlatformStart(_)) && !self.overlap {
            self.running.clone_from(&request_id);
        }
        Row {
            time: event.time.as_str().to_owned(),
            kind: event.record.kind().to_owned(),
            request_id,
            message: message.to_owned(),
        }
    }
}

/// What the extension was not even handed.
fn lost_before(time: String, dropped: Dropped) -> Row {
    Row {
        time,
        kind: LOSS.to_owned(),
        request_id: None,
        message: format!(
            r#"{{"reason":"not received","records":{},"bytes":{}}}"#,
            dropped.records, dropped.bytes
        ),
    }
}

/// The request id in a line of JSON, by the names that runtimes give it.
fn named_in(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "requestId", alias = "AWSRequestId")]
        request_id: String,
    }

    if !json.starts_with('{') {
        return None;
    }
    let named: Named = serde_json::from_str(json).ok()?;
    Some(named.request_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: &str = r#"[
        {"time":"1","type":"function","record":"loading\n"},
        {"time":"2","type":"platform.start","record":{"requestId":"8d2f", "version":"7"}},
        {"time":"3","type":"function","record":"one\ntwo\n"},
        {"time":"4","type":"function","record":{"requestId":"8d2f","message":"three"}},
        {"time":"5","type":"platform.runtimeDone","record":{"requestId":"8d2f","status":"success"}},
        {"time":"6","type":"function","record":"late"},
        {"time":"7","type":"platform.new","record":[1,2]}
    ]"#;

    fn rows(overlap: bool) -> Vec<(String, Option<String>, String)> {
        let rows = Rows::new(overlap).of(&BATCH.into());
        let columns = |row: Row| (row.kind, row.request_id, row.message);
        rows.into_iter().map(columns).collect()
    }

    #[test]
    fn lines_belong_to_the_invocation_that_began_last() {
        let row = |kind: &str, request_id: Option<&str>, message: &str| {
            (
                kind.to_owned(),
                request_id.map(str::to_owned),
                message.to_owned(),
            )
        };
        let id = Some("8d2f");
        let expected = [
            row("function", None, "loading"),
            row(
                "platform.start",
                id,
                r#"{"requestId":"8d2f", "version":"7"}"#,
            ),
            row("function", id, "one\ntwo"),
            row("function", id, r#"{"requestId":"8d2f","message":"three"}"#),
            row(
                "platform.runtimeDone",
                id,
                r#"{"requestId":"8d2f","status":"success"}"#,
            ),
            row("function", id, "late"),
            row("platform.new", None, "[1,2]"),
        ];
        assert_eq!(rows(false), expected);
    }

    #[test]
    fn where_invocations_overlap_only_a_line_itself_says_whose_it_is() {
        let known = rows(true)
            .into_iter()
            .filter(|(_, request_id, _)| request_id.is_some());
        let messages: Vec<String> = known.map(|(_, _, message)| message).collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages.iter().all(|message| message.starts_with('{')));
    }
}
