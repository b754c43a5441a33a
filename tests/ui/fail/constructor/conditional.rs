use lambda_ext::{InvokeEvent, Register, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    #[cfg(unix)]
    async fn init(_register: Register) -> Self {
        Self
    }

    async fn invoke(&mut self, _event: InvokeEvent) {}
}
