//! An extension with threads beside its own: one of them works while the loop is blocked.

use std::sync::mpsc;

use lambda_ext::{Error, InvokeEvent, lambda_extension};

#[derive(Default)]
struct Threads;

#[lambda_extension(flavor = "multi_thread", worker_threads = 1)]
impl Threads {
    async fn invoke(&self, _: InvokeEvent) -> Result<(), Error> {
        let (done, is_done) = mpsc::channel();
        tokio::spawn(async move { done.send(()) });
        // Blocks the loop's thread: on a runtime with one thread it would wait for ever.
        is_done.recv()?;
        println!("done");
        Ok(())
    }
}
