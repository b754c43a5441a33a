//! An extension that counts what it is told, and says at its end how much that was.
//!
//! The records are lines of the function's that begin with the number of a source, and that of the
//! record in it. Variables make it slow: `PAUSE_EACH=N` pauses after each Nth batch, `STUCK`
//! never returns from the first. With `FAILS` its end is an error.

use std::collections::BTreeMap;
use std::env;
use std::future::pending;
use std::time::Duration;

use lambda_ext::telemetry::TelemetryRecord;
use lambda_ext::{InvokeEvent, ShutdownEvent, TelemetryBatch, lambda_extension};
use lambda_ext_tests::program::peak_memory;

#[derive(Default)]
struct Ingest {
    batches: u64,
    records: u64,
    /// Of each source, the number of the record that is next.
    next: BTreeMap<u64, u64>,
    out_of_order: u64,
    dropped: u64,
}

#[lambda_extension(telemetry = [Platform, Function, Extension], buffering(max_items = 10_000))]
impl Ingest {
    async fn invoke(&mut self, _: InvokeEvent) {}

    async fn telemetry(&mut self, batch: TelemetryBatch) {
        self.dropped += batch.dropped().records;
        for event in &batch {
            if let TelemetryRecord::Function(line) = &event.record {
                self.line(line.as_str());
            }
        }
        self.batches += 1;
        if let Some(each) = number("PAUSE_EACH") {
            if self.batches % each == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        if self.batches == 1 && env::var_os("STUCK").is_some() {
            pending::<()>().await;
        }
    }

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), &'static str> {
        println!(
            "{} records, {} out of order, {} dropped, {} KiB at most",
            self.records,
            self.out_of_order,
            self.dropped,
            peak_memory("self").unwrap_or_default()
        );
        match env::var_os("FAILS") {
            Some(_) => Err("it was to fail"),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &str) {
        let mut numbers = line.split(' ').map_while(|word| word.parse::<u64>().ok());
        let (Some(source), Some(record)) = (numbers.next(), numbers.next()) else {
            return;
        };
        self.records += 1;
        let next = self.next.entry(source).or_default();
        // What was dropped is missed, and nothing comes twice or late.
        if record < *next {
            self.out_of_order += 1;
        }
        *next = record + 1;
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}
