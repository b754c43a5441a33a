use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(events = [Invoke])]
impl Flusher {
    fn invoke(&mut self, _event: InvokeEvent) -> impl Future<Output = ()> {
        async {}
    }
}
