//! The events follow from the methods; one reads the value only.

use lambda_ext::{InvokeEvent, TelemetryBatch, lambda_extension};

#[derive(Default)]
struct Shipper {
    function: String,
}

#[lambda_extension(telemetry = [Function])]
impl Shipper {
    async fn invoke(&mut self, event: InvokeEvent) {
        self.function = event.invoked_function_arn;
    }

    async fn telemetry(&self, batch: TelemetryBatch) {
        println!("{} {}", self.function, batch.as_str());
    }
}
