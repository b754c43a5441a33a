use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn invoke<'a, T: Default>(&'a mut self, _event: InvokeEvent) {
        drop(T::default());
    }
}
