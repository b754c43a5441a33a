//! A deprecated type, with leave: the generated code names it too.

use lambda_ext::{InvokeEvent, lambda_extension};

#[deprecated]
type Outcome = Result<(), lambda_ext::Error>;

#[derive(Default)]
struct Flusher {
    invocations: u64,
}

#[lambda_extension]
impl Flusher {
    #[expect(deprecated, reason = "it was good enough")]
    async fn invoke(&mut self, _event: InvokeEvent) -> Outcome {
        self.invocations += 1;
        Ok(())
    }
}
