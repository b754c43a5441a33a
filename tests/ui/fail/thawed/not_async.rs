use lambda_ext::lambda_extension;
use std::time::Duration;

#[derive(Default)]
struct Flusher;

#[lambda_extension]
impl Flusher {
    fn thawed(&mut self, _frozen_for: Duration) {}
}
