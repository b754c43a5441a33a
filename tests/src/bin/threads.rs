//! An extension with threads beside its own: one of them works while the loop is blocked. With
//! `FAILS` in the environment, its task fails after that.

use std::env;
use std::sync::mpsc;

use lambda_ext::{Error, InvokeEvent, lambda_extension};

#[derive(Default)]
struct Threads;

#[lambda_extension(flavor = "multi_thread", worker_threads = 1)]
impl Threads {
    async fn invoke(&self, _: InvokeEvent) -> Result<(), Error> {
        let (done, is_done) = mpsc::channel();
        let task = lambda_ext::spawn(async move {
            done.send(())?;
            match env::var_os("FAILS") {
                Some(_) => Err("the disk is full".into()),
                None => Ok::<_, Error>(()),
            }
        });
        // Blocks the loop's thread: on a runtime with one thread it would wait for ever.
        is_done.recv()?;
        task.await?;
        println!("done");
        Ok(())
    }
}
