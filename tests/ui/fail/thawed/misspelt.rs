use lambda_ext::{InvokeEvent, lambda_extension};
use std::time::Duration;

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}

    async fn thaw(&mut self, _frozen_for: Duration) {}
}
