//! `init` makes the value, or an error of the author's own.

use lambda_ext::{Register, ShutdownEvent, lambda_extension};
use std::{error, fmt};

struct Flusher {
    functions: Vec<String>,
}

#[derive(Debug)]
struct Nameless;

impl fmt::Display for Nameless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function without a name")
    }
}

impl error::Error for Nameless {}

#[lambda_extension(events = [Shutdown])]
impl Flusher {
    async fn init(register: Register) -> Result<Self, Nameless> {
        if register.function_name.is_empty() {
            return Err(Nameless);
        }
        Ok(Self {
            functions: vec![register.function_name],
        })
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        self.functions.clear();
    }
}
