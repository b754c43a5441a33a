//! Says which function it runs beside, at each of its invocations, and why it ends.

use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};

struct Audit {
    function: String,
    invocations: u64,
}

#[lambda_extension(events = [Invoke, Shutdown])]
impl Audit {
    async fn init(register: Register) -> Result<Self, Error> {
        Ok(Self {
            function: register.function_name,
            invocations: 0,
        })
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.invocations += 1;
        println!(
            "{} {} ({:?} left)",
            self.function,
            event.request_id,
            event.timeout()
        );
        Ok(())
    }

    async fn shutdown(&mut self, event: ShutdownEvent) {
        println!(
            "{:?} after {} invocations",
            event.shutdown_reason, self.invocations
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Audit;
    use lambda_ext::emulator::{Emulator, Invocation};

    #[tokio::test]
    async fn counts_invocations() -> Result<(), lambda_ext::Error> {
        let emulator = Emulator::start().await?;
        let extension = emulator.extension("audit").launch::<Audit>();
        let scenario = emulator.invoke(Invocation::default());
        let audit = emulator.drive(extension, scenario).await?;
        assert_eq!(audit.invocations, 1);
        emulator.record().assert_clean();
        Ok(())
    }
}
