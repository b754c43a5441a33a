use lambda_ext::{InvokeEvent, Register, lambda_extension};

struct Flusher;

#[lambda_extension(internal)]
impl Flusher {
    async fn init(_register: Register) -> Self {
        Self
    }

    async fn invoke(&mut self, _event: InvokeEvent) {}
}

fn main() {}
