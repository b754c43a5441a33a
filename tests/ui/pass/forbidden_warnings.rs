//! Warnings forbidden, which no attribute could take back.
#![forbid(warnings)]

use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    invocations: u64,
}

#[lambda_extension]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {
        self.invocations += 1;
    }
}
