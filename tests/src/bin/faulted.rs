//! An extension that notes what it has handled, a line each, in the file that `DIARY` names. It
//! fails in the method that `FAIL_IN` names; without it it does not fail.

use std::env;
use std::fs::File;
use std::io::Write as _;

use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, TelemetryBatch, lambda_extension};

struct Faulted {
    diary: File,
}

#[lambda_extension(events = [Invoke, Shutdown], telemetry = [Platform, Function])]
impl Faulted {
    async fn prepare() -> Result<Self, Error> {
        let diary = File::options().append(true).open(env::var("DIARY")?)?;
        Ok(Self { diary })
    }

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        fail_in("init")
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        fail_in("invoke")?;
        writeln!(self.diary, "invoke {}", event.request_id)?;
        Ok(())
    }

    async fn telemetry(&mut self, _: TelemetryBatch) {}

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        writeln!(self.diary, "shutdown")?;
        Ok(())
    }
}

fn fail_in(method: &str) -> Result<(), Error> {
    if env::var("FAIL_IN").is_ok_and(|name| name == method) {
        return Err("the disk is full".into());
    }
    Ok(())
}
