use lambda_ext::{InvokeEvent, lambda_extension};

#[derive(Default)]
struct Flusher;

#[lambda_extension(main = "no")]
impl Flusher {
    async fn invoke(&mut self, _event: InvokeEvent) {}
}

fn main() {}
