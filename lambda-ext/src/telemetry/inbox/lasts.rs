//! What came last by each connection, to know a repeat by.

use std::collections::VecDeque;

use super::{Framing, TelemetryBatch};

/// How many connections are remembered.
const MOST: usize = 64;

/// How much of each end of a delivery is compared, in bytes: the first record and the last, with
/// their times.
const END: usize = 1 << 10;

/// What stands for a delivery that may be repeated.
#[derive(Debug)]
pub(super) struct Delivery {
    connection: usize,
    length: usize,
    ends: Vec<u8>,
}

impl Delivery {
    /// Lines are not acknowledged, and so not repeated.
    pub(super) fn of(batch: &TelemetryBatch, connection: usize) -> Option<Self> {
        if batch.framing() == Framing::Lines {
            return None;
        }
        let text = batch.as_str().as_bytes();
        let start = text.len().min(END);
        let end = (text.len() - start).min(END);
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

/// The last delivery of each connection. Who has not got the answer to a delivery comes again by
/// another connection, and who goes on with the same one has got it: so no other is ever repeated,
/// and what comes twice by one connection is two.
#[derive(Debug, Default)]
pub(super) struct Lasts(VecDeque<Delivery>);

impl Lasts {
    pub(super) fn has(&self, delivery: &Delivery) -> bool {
        self.0.iter().any(|last| delivery.repeats(last))
    }

    pub(super) fn note(&mut self, delivery: Delivery) {
        let is_other = |last: &Delivery| last.connection != delivery.connection;
        self.0.retain(is_other);
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(delivery);
    }
}
