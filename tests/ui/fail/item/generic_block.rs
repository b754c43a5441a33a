use lambda_ext::{InvokeEvent, lambda_extension};

trait Sink {}

struct Flusher<S>(S);

#[lambda_extension(events = [Invoke])]
impl<S: Sink> Flusher<S> {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
