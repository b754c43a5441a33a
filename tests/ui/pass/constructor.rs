//! `init` makes the value.

use lambda_ext::{InvokeEvent, Register, lambda_extension};

struct Flusher {
    function: String,
}

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn init(register: Register) -> Self {
        Self {
            function: register.function_name,
        }
    }

    async fn invoke(&mut self, event: InvokeEvent) {
        self.function = event.request_id;
    }
}
