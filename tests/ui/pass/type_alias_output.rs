//! Return types behind aliases.

use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};

type Fallible<T> = Result<T, Error>;
type Nothing = ();
type Call = InvokeEvent;

struct Flusher {
    function: String,
}

#[lambda_extension(events = [Invoke, Shutdown])]
impl Flusher {
    async fn init(register: Register) -> Fallible<Self> {
        Ok(Self {
            function: register.function_name,
        })
    }

    async fn invoke(&mut self, event: Call) -> Fallible<()> {
        self.function = event.request_id;
        Ok(())
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) -> Nothing {
        self.function.clear();
    }
}
