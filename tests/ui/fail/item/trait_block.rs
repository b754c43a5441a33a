use lambda_ext::{Handler, InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Handler for Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
