use lambda_ext::{TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    async fn telemetry(&mut self, _batch: TelemetryBatch) {}
}
