//! What waits to be sent.

use std::collections::VecDeque;

use serde::Serialize;

use super::row::{LOSS, Row};

/// The most that waits, in bytes. What is over it is dropped, the oldest first.
const MOST: usize = 8 << 20;

/// What a row takes beside its text.
const OVERHEAD: usize = 160;

/// Rows in order, within bounds.
#[derive(Debug)]
pub struct Pending {
    function: String,
    rows: VecDeque<Row>,
    bytes: usize,
    /// How many rows were dropped, and no row has told of it.
    dropped: u64,
}

/// The beginning of what waits.
#[derive(Debug)]
pub struct Body {
    /// A JSON object in each line.
    pub text: String,
    rows: usize,
    dropped: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    r#type: &'a str,
    function: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    message: &'a str,
}

impl Pending {
    pub fn new(function: &str) -> Self {
        Self {
            function: function.to_owned(),
            rows: VecDeque::new(),
            bytes: 0,
            dropped: 0,
        }
    }

    pub fn push(&mut self, row: Row) {
        self.bytes += size(&row);
        self.rows.push_back(row);
        while self.bytes > MOST {
            self.dropped += self.remove(1);
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many rows wait.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// How many rows were dropped without a row that tells of it.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The beginning, in about that many bytes, behind a row that tells what was dropped before it.
    /// Without any rows it is empty.
    pub fn body(&self, bytes: usize) -> Body {
        let mut body = Body {
            text: String::new(),
            rows: 0,
            dropped: self.dropped,
        };
        for row in &self.rows {
            if body.rows == 0 && self.dropped > 0 {
                self.write(&mut body.text, &loss(&row.time, self.dropped));
            }
            if body.rows > 0 && body.text.len() + row.message.len() > bytes {
                break;
            }
            self.write(&mut body.text, row);
            body.rows += 1;
        }
        body
    }

    /// It has arrived.
    pub fn sent(&mut self, body: &Body) {
        self.remove(body.rows);
        self.dropped -= body.dropped;
    }

    /// It is not wanted.
    pub fn refused(&mut self, body: &Body) {
        self.dropped += self.remove(body.rows);
    }

    fn remove(&mut self, rows: usize) -> u64 {
        let removed = self.rows.drain(..rows);
        self.bytes -= removed.map(|row| size(&row)).sum::<usize>();
        rows as u64
    }

    fn write(&self, text: &mut String, row: &Row) {
        let line = serde_json::to_string(&Line {
            time: &row.time,
            r#type: &row.kind,
            function: &self.function,
            request_id: row.request_id.as_deref(),
            message: &row.message,
        });
        // Strings can always be written.
        text.push_str(&line.unwrap_or_default());
        text.push('\n');
    }
}

fn size(row: &Row) -> usize {
    OVERHEAD + row.message.len()
}

fn loss(time: &str, rows: u64) -> Row {
    Row {
        time: time.to_owned(),
        kind: LOSS.to_owned(),
        request_id: None,
        message: format!(r#"{{"reason":"not delivered","records":{rows}}}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: usize, length: usize) -> Row {
        Row {
            time: format!("time {number}"),
            kind: "function".to_owned(),
            request_id: None,
            message: "x".repeat(length),
        }
    }

    fn of(lengths: &[usize]) -> Pending {
        let mut pending = Pending::new("orders");
        for (number, length) in lengths.iter().enumerate() {
            pending.push(row(number, *length));
        }
        pending
    }

    #[test]
    fn a_body_is_a_part_that_fits_and_at_least_a_row() {
        let mut pending = of(&[1_000, 1_000, 5_000]);
        for rows in [2, 1] {
            let body = pending.body(3_000);
            assert_eq!(body.text.lines().count(), rows);
            pending.sent(&body);
        }
        assert_eq!((pending.rows(), pending.bytes()), (0, 0));
        assert_eq!(pending.body(3_000).text, "");
    }

    #[test]
    fn a_row_is_a_line_of_json() {
        let mut pending = Pending::new("orders");
        pending.push(Row {
            time: "1".to_owned(),
            kind: "function".to_owned(),
            request_id: Some("8d2f".to_owned()),
            message: "one\n\"two\"".to_owned(),
        });
        assert_eq!(
            pending.body(1).text,
            r#"{"time":"1","type":"function","function":"orders","request_id":"8d2f","message":"one\n\"two\""}"#
                .to_owned()
                + "\n"
        );
    }

    #[test]
    fn the_oldest_gives_way_and_a_row_tells_of_it_once() {
        let third = MOST / 3;
        let mut pending = of(&[third, third, third, 1]);
        assert_eq!((pending.rows(), pending.dropped()), (3, 1));
        assert!(pending.bytes() <= MOST);

        let body = pending.body(1);
        let told = body.text.lines().next().unwrap();
        let expected = r#"{"time":"time 1","type":"log-shipper.dropped","function":"orders","message":"{\"reason\":\"not delivered\",\"records\":1}"}"#;
        assert_eq!(told, expected);
        pending.sent(&body);
        assert_eq!(pending.dropped(), 0);
        assert!(!pending.body(1).text.contains(LOSS));
    }

    #[test]
    fn one_that_could_never_be_kept_is_a_loss_too() {
        let pending = of(&[MOST]);
        assert_eq!((pending.rows(), pending.dropped()), (0, 1));
    }

    #[test]
    fn what_is_refused_is_told_with_what_follows() {
        let mut pending = of(&[1, 1]);
        let body = pending.body(usize::MAX);
        pending.refused(&body);
        assert_eq!((pending.rows(), pending.dropped()), (0, 2));
        assert_eq!(pending.body(usize::MAX).text, "");
        pending.push(row(2, 1));
        assert!(pending.body(usize::MAX).text.contains(r#"\"records\":2"#));
    }
}
