//! The command `lambda-ext`: creates extensions, checks them, runs them under the emulator, and measures them.

mod doctor;
mod emulate;
mod env_var;
mod measure;
mod new;
mod target;
mod terminal;
mod value_parsers;

use std::process::ExitCode;

use clap::Parser;

use crate::doctor::Doctor;
use crate::emulate::Emulate;
use crate::measure::Measure;
use crate::new::New;
use crate::terminal::ERROR;

/// Tools for AWS Lambda extensions.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Create a project: an extension, a test, and a CI file that builds its layers.
    ///
    /// Like `cargo new`, it creates the directory and a repository. The test runs the extension
    /// on the emulator. The README lists the commands.
    New(New),
    /// Check whether a file can be an extension.
    ///
    /// Shows what the file is, for which architecture, and on which of Lambda's systems it runs.
    /// Each problem comes with a remedy. The file is not executed: `emulate` does that.
    #[command(after_help = doctor::EXIT_CODES)]
    Doctor(Doctor),
    /// Run extensions on this machine, as Lambda would.
    ///
    /// The extensions register and get invocations and SHUTDOWN. You see each step as it happens,
    /// then what the extensions cost, and what Lambda would object to.
    #[command(after_help = emulate::HELP, after_long_help = emulate::LONG_HELP)]
    Emulate(Emulate),
    /// Measure what an extension costs, over many starts on this machine.
    ///
    /// Each start is a whole lifecycle under the emulator. The numbers are this machine's, not
    /// Lambda's: compare them with another extension, measured in the same run. On a busy machine,
    /// `taskset -c 0 lambda-ext measure ..` is less noisy, but an extension with several threads
    /// then has one CPU for all of them.
    #[command(after_help = measure::EXIT_CODES)]
    Measure(Measure),
}

/// The exit code after an interrupt, as shells have it: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let exit_code = match Command::parse() {
        Command::New(arguments) => arguments.run().map(|()| 0),
        Command::Doctor(arguments) => arguments.run(),
        Command::Emulate(arguments) => arguments.run().await,
        Command::Measure(arguments) => tokio::select! {
            exit_code = arguments.run() => exit_code,
            _ = tokio::signal::ctrl_c() => Ok(INTERRUPTED),
        },
    };
    ExitCode::from(exit_code.unwrap_or_else(|error| {
        anstream::eprintln!("{ERROR}error{ERROR:#}: {error}");
        2
    }))
}
