use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke(self: Box<Self>, _event: InvokeEvent) {}
}
