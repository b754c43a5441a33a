//! An extension that goes on when its handler fails: at the `FAIL_AT`th call (the first by default) of
//! the method `FAIL_IN`, and at each after that, by `FAIL_BY`: `error`, `panic`, or `await` (for ever).
//! Says each call on stdout.

use std::collections::BTreeMap;
use std::env;
use std::future::pending;
use std::sync::{Mutex, PoisonError};

use lambda_ext::{
    Error, InvokeEvent, Register, RuntimeDone, ShutdownEvent, TelemetryBatch, lambda_extension,
};

struct Open;

#[lambda_extension(telemetry = [Platform, Function], fail_open)]
impl Open {
    async fn prepare() -> Result<Self, Error> {
        called("prepare").await?;
        Ok(Self)
    }

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        called("init").await
    }

    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        called("invoke").await
    }

    async fn telemetry(&mut self, _: TelemetryBatch) -> Result<(), Error> {
        called("telemetry").await
    }

    async fn runtime_done(&mut self, _: RuntimeDone) -> Result<(), Error> {
        called("runtime_done").await
    }

    async fn shutdown(&mut self, _: ShutdownEvent) -> Result<(), Error> {
        called("shutdown").await
    }
}

/// How often each method was called.
static CALLS: Mutex<BTreeMap<&str, usize>> = Mutex::new(BTreeMap::new());

async fn called(method: &'static str) -> Result<(), Error> {
    let calls = {
        let mut all = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = all.entry(method).or_default();
        *calls += 1;
        *calls
    };
    println!("{method} {calls}");
    let at = env::var("FAIL_AT").map_or(Ok(1), |at| at.parse())?;
    if env::var("FAIL_IN").as_deref() != Ok(method) || calls < at {
        return Ok(());
    }
    match env::var("FAIL_BY")?.as_str() {
        "error" => Err("the disk is full".into()),
        "panic" => panic!("the disk is on fire"),
        "await" => pending().await,
        way => Err(format!("FAIL_BY={way} is not known").into()),
    }
}
