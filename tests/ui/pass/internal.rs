//! `internal`: beside a function, on a value that the program makes.

use lambda_ext::{InvokeEvent, ShutdownEvent, lambda_extension};

struct Flusher {
    pending: Vec<String>,
}

#[lambda_extension(internal)]
impl Flusher {
    async fn invoke(&mut self, event: InvokeEvent) {
        self.pending.push(event.request_id);
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        self.pending.clear();
    }
}

fn main() {
    let flusher = Flusher {
        pending: Vec::new(),
    };
    let registering = lambda_ext::register_internal("flusher", flusher);
    drop(registering);
}
