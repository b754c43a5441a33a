//! The command `lambda-ext`: runs an extension under the emulator.

mod measure;
mod target;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{Error, ShutdownReason};

use crate::measure::Measure;
use crate::target::Profile;

/// Tools for AWS Lambda extensions.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Run an extension on this machine, as Lambda would.
    ///
    /// It registers, gets invocations and SHUTDOWN, and its output is shown. The exit code is 0 if
    /// it did all that as Lambda wants it.
    Emulate(Emulate),
    /// Measure what an extension costs, over many starts on this machine.
    ///
    /// Each start is a whole life under the emulator. The numbers are this machine's, not
    /// Lambda's: compare them with those of another extension, measured in the same run. Between
    /// other work, `taskset -c 0 lambda-ext measure ..` is quieter, but gives an extension with
    /// many threads one CPU for all of them.
    Measure(Measure),
}

#[derive(clap::Args)]
struct Emulate {
    /// The extension: an executable, or the name of a binary or example of this workspace, which
    /// is then built.
    target: String,
    /// How many invocations to send.
    #[arg(long, default_value_t = 3)]
    invokes: u32,
    /// A variable of the function's environment. The extension gets these, those of Lambda and
    /// `PATH`, and nothing of this environment.
    #[arg(long, value_name = "KEY=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
}

fn variable(text: &str) -> Result<(String, String), Error> {
    let (key, value) = text.split_once('=').ok_or("expected `KEY=VALUE`")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Emulate(arguments) => unless_interrupted(emulate(&arguments)).await,
        Command::Measure(arguments) => unless_interrupted(arguments.run()).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn unless_interrupted(command: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    tokio::select! {
        outcome = command => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    }
}

/// Writes a line; who closes the pipe does not want to see more, but the extension goes on.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn emulate(arguments: &Emulate) -> Result<(), Error> {
    let executable = &target::find(&arguments.target, Profile::Dev)?;
    let mut builder = Emulator::builder().observe(|step| say(step));
    for (key, value) in &arguments.env {
        builder = builder.env(key, value);
    }
    let emulator = builder.executable(executable).start().await?;
    emulator.init().await?;
    for _ in 0..arguments.invokes {
        emulator.invoke(Invocation::default()).await?;
    }
    emulator.shutdown(ShutdownReason::Spindown).await?;
    say(format_args!("{} behaved", arguments.target));
    Ok(())
}
