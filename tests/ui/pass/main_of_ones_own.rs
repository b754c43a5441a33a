//! `main = false`: in a module, and run by hand.

use lambda_ext::launch;

mod flusher {
    use lambda_ext::{InvokeEvent, lambda_extension};

    #[derive(Default)]
    pub(crate) struct Flusher {
        invocations: u64,
    }

    #[lambda_extension(events = [Invoke], main = false)]
    impl Flusher {
        async fn invoke(&mut self, _event: InvokeEvent) {
            self.invocations += 1;
        }
    }
}

fn main() {
    let running = launch::<flusher::Flusher>();
    drop(running);
}
