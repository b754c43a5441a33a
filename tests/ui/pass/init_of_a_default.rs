//! `init` sets up the value that `Default` made.

use lambda_ext::{Error, InvokeEvent, Register, lambda_extension};

#[derive(Default)]
struct Flusher {
    function: Option<String>,
}

#[lambda_extension(events = [Invoke])]
impl Flusher {
    async fn init(&mut self, register: Register) -> Result<(), Error> {
        if register.function_name.is_empty() {
            return Err("a function without a name".into());
        }
        self.function = Some(register.function_name);
        Ok(())
    }

    async fn invoke(&mut self, _event: InvokeEvent) {
        self.function = None;
    }
}
