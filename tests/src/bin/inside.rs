//! A function's program with an internal extension in it, and no runtime: what is between the
//! extension and the process is to be seen. `FAIL` says what fails, if anything; with `stop`, `invoke`
//! ends its own process as Lambda does, and does not return.

use std::env;
use std::future::pending;
use std::process::Command;

use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};

struct Inside;

#[lambda_extension(internal)]
impl Inside {
    async fn init(&mut self, register: Register) -> Result<(), Error> {
        println!("init: {}", register.function_name);
        fails("init")
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        println!("invoke: {}", event.request_id);
        if fails("stop").is_err() {
            let pid = std::process::id().to_string();
            Command::new("kill").args(["-s", "TERM", &pid]).status()?;
            pending::<()>().await;
        }
        fails("invoke")
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        let millis = event.timeout().as_millis();
        println!("shutdown: {:?}, {}", event.shutdown_reason, millis <= 400);
        fails("shutdown")
    }
}

fn fails(what: &str) -> Result<(), Error> {
    match env::var("FAIL") {
        Ok(fails) if fails == what => Err("the disk is on fire".into()),
        _ => Ok(()),
    }
}

async fn function() -> Result<(), Error> {
    println!("function");
    pending().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let inside = lambda_ext::register_internal("inside", Inside).await?;
    inside.run_beside(function()).await
}
