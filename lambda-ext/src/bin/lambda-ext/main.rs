//! The command `lambda-ext`: runs an extension under the emulator.

mod target;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use lambda_ext::Error;
use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, Invocation};

/// Tools for AWS Lambda extensions.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Run an extension on this machine, as Lambda would.
    ///
    /// It registers, gets invocations and SHUTDOWN, and its output is shown. The exit code is 0 if
    /// it did all that as Lambda wants it.
    Emulate {
        /// The extension: an executable, or the name of a binary or example of this workspace,
        /// which is then built.
        target: String,
        /// How many invocations to send.
        #[arg(long, default_value_t = 3)]
        invokes: u32,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Emulate { target, invokes } = Command::parse();
    let outcome = match target::find(&target) {
        Ok(executable) => emulate(&executable, invokes).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => {
            println!("{target} behaved");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn emulate(executable: &Path, invokes: u32) -> Result<(), Error> {
    let emulator = Emulator::builder()
        .observe(|step| println!("{step}"))
        .start()
        .await?;
    emulator
        .launch(executable)
        .map_err(|error| format!("cannot run {}: {error}", executable.display()))?;
    emulator.init().await?;
    for _ in 0..invokes {
        emulator.invoke(Invocation::default()).await?;
    }
    emulator.shutdown(ShutdownReason::Spindown).await?;
    Ok(())
}
