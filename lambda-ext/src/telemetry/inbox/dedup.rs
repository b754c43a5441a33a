//! The last deliveries, by which a repeated one is recognised.

use std::collections::VecDeque;

use crate::telemetry::batch::TelemetryBatch;
use crate::telemetry::framing::Framing;

/// The most connections that are remembered.
const MOST_CONNECTIONS: usize = 64;

/// The bytes of each end of a delivery that are compared: the first record and the last one, with
/// their times.
const COMPARED: usize = 1 << 10;

/// Identifies a delivery that may be repeated.
#[derive(Debug)]
pub(super) struct Fingerprint {
    connection: usize,
    length: usize,
    ends: Vec<u8>,
}

impl Fingerprint {
    /// Returns `None` for lines, which are not acknowledged, and so not repeated.
    pub(super) fn of(batch: &TelemetryBatch, connection: usize) -> Option<Self> {
        if batch.framing() == Framing::Lines {
            return None;
        }
        let text = batch.as_str().as_bytes();
        let start = text.len().min(COMPARED);
        let end = (text.len() - start).min(COMPARED);
        Some(Self {
            connection,
            length: text.len(),
            ends: [&text[..start], &text[text.len() - end..]].concat(),
        })
    }

    fn repeats(&self, last: &Self) -> bool {
        self.connection != last.connection && self.length == last.length && self.ends == last.ends
    }
}

/// Remembers the last delivery of each connection. A client that has not received the response retries on
/// another connection, and one that reuses a connection has received it. So no older delivery is ever
/// repeated, and two equal ones on one connection are two.
#[derive(Debug, Default)]
pub(super) struct DeliveryDedup(VecDeque<Fingerprint>);

impl DeliveryDedup {
    pub(super) fn is_repeated(&self, delivery: &Fingerprint) -> bool {
        self.0.iter().any(|last| delivery.repeats(last))
    }

    pub(super) fn record(&mut self, delivery: Fingerprint) {
        let is_other = |last: &Fingerprint| last.connection != delivery.connection;
        self.0.retain(is_other);
        if self.0.len() == MOST_CONNECTIONS {
            self.0.pop_front();
        }
        self.0.push_back(delivery);
    }
}
