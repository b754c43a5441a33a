//! `Default` makes the value; the crate has another name.

use lext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    invocations: u64,
}

#[lambda_extension(crate = ::lext, flavor = "multi_thread", worker_threads = 2)]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {
        self.invocations += 1;
    }
}
