//! Functions named like handlers, in another block, are the author's own.

use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    flushed: u64,
}

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {
        self.shutdown(1);
        Self::init();
    }
}

impl Flusher {
    const fn shutdown(&mut self, by: u64) {
        self.flushed += by;
    }

    const fn init() {}
}
