//! A block for every sink: without a `main`, no one type has to be named.

use lambda_ext::{InvokeEvent, Register, lambda_extension, launch};

trait Sink: 'static {
    fn open() -> Self;
    fn flush(&mut self);
}

struct Flusher<S> {
    sink: S,
}

#[lambda_extension(events = [Invoke], main = false)]
impl<S> Flusher<S>
where
    S: Sink,
{
    async fn init(_register: Register) -> Self {
        Self { sink: S::open() }
    }

    async fn invoke(&mut self, _event: InvokeEvent) {
        self.sink.flush();
    }
}

impl Sink for String {
    fn open() -> Self {
        Self::new()
    }

    fn flush(&mut self) {
        self.clear();
    }
}

fn main() {
    let running = launch::<Flusher<String>>();
    drop(running);
}
