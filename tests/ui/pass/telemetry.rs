//! Telemetry alone: every type, every limit, and `Shutdown` without a method.

use lambda_ext::{Error, TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Shipper {
    bytes: usize,
}

#[lambda_extension(
    events = [Shutdown],
    telemetry = [Platform, Function, Extension,],
    buffering(max_items = 10_000, max_bytes = 0x10_0000, timeout_ms = 25_u32,),
)]
impl Shipper {
    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), Error> {
        self.bytes = self
            .bytes
            .checked_add(batch.as_str().len())
            .ok_or("too much")?;
        Ok(())
    }
}
