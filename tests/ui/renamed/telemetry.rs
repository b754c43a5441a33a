//! Telemetry and an interval; the crate has another name.

use lext::{RuntimeDone, TelemetryBatch, lambda_extension};
use std::time::Duration;

#[derive(Default)]
struct Shipper {
    batches: Vec<TelemetryBatch>,
}

#[lambda_extension(crate = ::lext, telemetry = [Platform], buffering(timeout_ms = 100), tick_ms = 1_000)]
impl Shipper {
    async fn telemetry(&mut self, batch: TelemetryBatch) {
        self.batches.push(batch);
    }

    async fn runtime_done(&mut self, _done: RuntimeDone) {
        self.batches.clear();
    }

    async fn tick(&mut self) {
        self.batches.clear();
    }

    async fn thawed(&mut self, _frozen_for: Duration) {
        self.batches.clear();
    }
}
