//! `init` makes the value; the crate has another name.

use lext::{InvokeEvent, Register, lambda_extension};

struct Flusher {
    function: String,
}

#[lambda_extension(crate = ::lext, events = [Invoke])]
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
