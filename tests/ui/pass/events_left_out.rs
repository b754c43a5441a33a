//! The events follow from the methods, the helper is the author's own.

use lambda_ext::{InvokeEvent, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    pending: Vec<String>,
}

#[lambda_extension]
impl Flusher {
    const LIMIT: usize = { 2 + 3 };

    async fn invoke(&mut self, event: InvokeEvent) {
        self.pending.push(event.request_id);
        if self.pending.len() > Self::LIMIT {
            self.flush();
        }
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        self.flush();
    }

    fn flush(&mut self) {
        self.pending.clear();
    }
}
