use lambda_ext::{InvokeEvent, Register, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn init(_register: Register) -> Option<Self> {
        None
    }

    async fn invoke(&mut self, _event: InvokeEvent) {}
}
