//! The end of each invocation, without any telemetry of the author's own.

use lambda_ext::{RuntimeDone, ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher {
    last: Option<RuntimeDone>,
}

#[lambda_extension(events = [Invoke, Shutdown], buffering(timeout_ms = 25))]
impl Flusher {
    async fn runtime_done(&mut self, done: RuntimeDone) {
        self.last = Some(done);
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        self.last = None;
    }
}
