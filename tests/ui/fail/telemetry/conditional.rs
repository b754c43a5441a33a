use lambda_ext::{TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(telemetry = [Platform])]
impl Flusher {
    #[cfg(unix)]
    async fn telemetry(&mut self, _batch: TelemetryBatch) {}
}
