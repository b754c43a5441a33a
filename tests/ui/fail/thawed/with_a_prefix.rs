use lambda_ext::lambda_extension;
use std::time::Duration;

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Shutdown])]
impl Flusher {
    async fn on_thaw(&mut self, _frozen_for: Duration) {}
}
