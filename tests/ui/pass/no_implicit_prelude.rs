//! Without the prelude.
#![no_implicit_prelude]

use ::lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};
use ::std::{boxed::Box, result::Result, result::Result::Ok};

struct Flusher {
    boxed: Box<u64>,
}

#[lambda_extension(events = [Invoke, Shutdown])]
impl Flusher {
    async fn init(_register: Register) -> Result<Self, Error> {
        Ok(Self { boxed: Box::new(0) })
    }

    async fn invoke(&mut self, _event: InvokeEvent) -> Result<(), Error> {
        *self.boxed += 1;
        Ok(())
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        *self.boxed = 0;
    }
}
