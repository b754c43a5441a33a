//! `internal`: beside a function, on a value that the program makes.

use lambda_ext::{Error, InvokeEvent, ShutdownEvent, lambda_extension};

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

async fn function() -> Result<(), Error> {
    let flusher = Flusher {
        pending: Vec::new(),
    };
    let flusher = lambda_ext::register_internal("flusher", flusher).await?;
    flusher.run_beside(async { Ok::<_, Error>(()) }).await
}

fn main() {
    let running = function();
    drop(running);
}
