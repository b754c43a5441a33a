//! Worker threads, as many as asked for.

use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    invocations: u64,
}

#[lambda_extension(flavor = "multi_thread", worker_threads = 2)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {
        self.invocations += 1;
    }
}
