//! The body of the generated `main`.

use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::process::ExitCode;

use futures_util::FutureExt;
use tokio::runtime::Builder;

use crate::client::executable_name;
use crate::diagnostics;
use crate::error::RunError;
use crate::extension::Extension;
use crate::handler::Launch;
use crate::local_runtime::local_runtime;
use crate::process::{OwnedProcess, Process};

/// On one thread.
#[must_use]
pub fn main<T: Launch>() -> ExitCode {
    enter::<T>(|work| {
        // A task, not the runtime's root, saves a system call per event.
        let task = async { tokio::task::spawn_local(work).await };
        local_runtime()?.block_on(task).map_err(io::Error::other)
    })
}

/// With threads for the author's own tasks: a core each, unless given.
///
/// A function of its own and not an argument, so that an extension with one thread does not carry
/// the other runtime.
#[must_use]
pub fn main_multi_thread<T: Launch>(worker_threads: Option<usize>) -> ExitCode {
    enter::<T>(|work| {
        let mut builder = Builder::new_multi_thread();
        if let Some(worker_threads) = worker_threads {
            builder.worker_threads(worker_threads);
        }
        Ok(builder.enable_all().build()?.block_on(work))
    })
}

/// A run that ends the process from within: to end the runtime first would wait for the author's
/// blocking tasks.
type Work = Pin<Box<dyn Future<Output = Infallible>>>;

fn enter<T: Launch>(block_on: impl FnOnce(Work) -> io::Result<Infallible>) -> ExitCode {
    let extension = match Extension::builder().build() {
        Ok(extension) => extension,
        Err(error) => return failure(&executable_name(), error),
    };
    let name = extension.client.name().to_owned();
    let work = async {
        let process = match OwnedProcess::new(&extension.client) {
            Ok(process) => process,
            Err(error) => {
                let name = extension.client.name();
                diagnostics::fatal(name, RunError::Signals(error));
                std::process::exit(1);
            }
        };
        let exit = process.exit();
        let code = run::<T>(extension, Process::Owned(process)).await;
        exit.exit(code)
    };
    match block_on(Box::pin(work)) {
        Ok(never) => match never {},
        Err(error) => failure(&name, format_args!("the tokio runtime failed: {error}")),
    }
}

/// Runs the extension, drops the handler, and returns the exit code.
async fn run<T: Launch>(extension: Extension, process: Process) -> i32 {
    let life = async { extension.launch_in::<T>(process).await.map(drop) };
    match AssertUnwindSafe(life).catch_unwind().await {
        Ok(Ok(()) | Err(RunError::Interrupted { .. })) => 0,
        // Logged before, by the process, or by the panic hook: a panic here is one of the handler's
        // destructor.
        Ok(Err(_)) | Err(_) => 1,
    }
}

fn failure(name: &str, error: impl std::fmt::Display) -> ExitCode {
    diagnostics::fatal(name, error);
    ExitCode::FAILURE
}
