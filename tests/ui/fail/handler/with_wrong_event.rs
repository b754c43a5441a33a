use lambda_ext::{ShutdownEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke(&mut self, _event: ShutdownEvent) {}
}
