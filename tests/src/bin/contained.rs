//! A fail open extension whose author's code panics outside of its methods, as `PANICS` says: the
//! payload's destructor (`payload`), that of a future that is cut (`cut`), the text of an error
//! (`display`), or its destructor (`error`).

use std::env;
use std::fmt;
use std::future::pending;
use std::panic::panic_any;

use lambda_ext::{Error, InvokeEvent, lambda_extension};

#[derive(Default)]
struct Contained;

#[lambda_extension(events = [Invoke, Shutdown], fail_open)]
impl Contained {
    async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
        match env::var("PANICS")?.as_str() {
            "payload" => panic_any(Bomb),
            "cut" => {
                let _bomb = Bomb;
                pending().await
            }
            "display" => Err(Unspeakable.into()),
            "error" => Err(Carrying(Bomb).into()),
            way => Err(format!("PANICS={way} is not known").into()),
        }
    }

    async fn shutdown(&mut self, _: lambda_ext::ShutdownEvent) {}
}

#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the disk is on fire");
    }
}

#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the disk is on fire")
    }
}

impl std::error::Error for Unspeakable {}

#[derive(Debug)]
struct Carrying(#[allow(dead_code)] Bomb); // for its destructor

impl fmt::Display for Carrying {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the disk is full")
    }
}

impl std::error::Error for Carrying {}
