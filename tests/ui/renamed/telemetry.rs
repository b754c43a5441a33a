//! Telemetry; the crate has another name.

use lext::{RuntimeDone, TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Shipper {
    batches: Vec<TelemetryBatch>,
}

#[lambda_extension(crate = ::lext, telemetry = [Platform], buffering(timeout_ms = 100))]
impl Shipper {
    async fn telemetry(&mut self, batch: TelemetryBatch) {
        self.batches.push(batch);
    }

    async fn runtime_done(&mut self, _done: RuntimeDone) {
        self.batches.clear();
    }
}
