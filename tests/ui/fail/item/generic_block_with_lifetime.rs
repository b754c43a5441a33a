use lambda_ext::{InvokeEvent, lambda_extension};

struct Flusher<'a, const N: usize>([&'a str; N]);

#[lambda_extension(events = [Invoke])]
impl<'a, const N: usize> Flusher<'a, N> {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}
