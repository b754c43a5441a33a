use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}

#[derive(Default)]
struct Second;

#[lambda_extension(events = [Invoke])]
impl Second {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
