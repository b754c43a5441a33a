//! An extension that fails where and how the environment says.
//!
//! `FAIL_IN` is the name of a method, `FAIL_BY` the way, see [`fail`]; without
//! them it does not fail. `FAIL_AT` is the call at which it does, the first if
//! it is not there.

use std::env;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lambda_ext::{Error, ExtensionError, InvokeEvent, Register, ShutdownEvent, lambda_extension};

struct Failing;

#[lambda_extension(events = [Invoke, Shutdown])]
impl Failing {
    async fn prepare() -> Result<Self, Error> {
        if let Ok(path) = env::var("PREPARE_FILE") {
            std::fs::write(path, "prepared")?;
        }
        fail_in("prepare").await?;
        Ok(Self)
    }

    async fn init(&mut self, register: Register) -> Result<(), Error> {
        println!("init: {}", register.function_name);
        fail_in("init").await
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        println!("invoke: {}", event.request_id);
        fail_in("invoke").await
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        println!("shutdown: {:?}", event.shutdown_reason);
        fail_in("shutdown").await
    }
}

/// `FAIL_DROP` is `block` or `panic`.
impl Drop for Failing {
    fn drop(&mut self) {
        match env::var("FAIL_DROP").as_deref() {
            Ok("block") => loop {
                thread::park();
            },
            Ok("panic") => panic!("the disk is on fire"),
            _ => {}
        }
    }
}

/// The calls of the method that fails.
static CALLS: AtomicUsize = AtomicUsize::new(0);

async fn fail_in(method: &str) -> Result<(), Error> {
    if env::var("FAIL_IN").as_deref() != Ok(method) {
        return Ok(());
    }
    let at = env::var("FAIL_AT").map_or(Ok(1), |at| at.parse())?;
    if CALLS.fetch_add(1, Ordering::Relaxed) + 1 < at {
        return Ok(());
    }
    fail().await
}

async fn fail() -> Result<(), Error> {
    let way = env::var("FAIL_BY")?;
    match way.as_str() {
        "error" => Err("the disk is full".into()),
        "two lines" => Err("the disk is full 🦀\nof logs".into()),
        "typed error" => Err(ExtensionError::new("Extension.DiskFull", "no space").into()),
        "panic" => panic!("the disk is on fire"),
        "await" => pending().await,
        "block" => loop {
            thread::park();
        },
        _ => Err(format!("FAIL_BY={way} is not known").into()),
    }
}
