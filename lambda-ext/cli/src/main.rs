//! The command `lambda-ext`: makes an extension, looks at it, runs it under the emulator, and measures it.

mod arguments;
mod doctor;
mod json;
mod drive;
mod environment;
mod live;
mod measure;
mod new;
mod output_file;
mod html;
mod plan;
mod run;
mod scenario;
mod summary;
mod target;
mod variable;
mod value_parsers;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser;
use lambda_ext::Error;

use crate::arguments::{Emulate, MORE, SCENARIO};
use crate::doctor::Doctor;
use crate::live::Live;
use crate::measure::Measure;
use crate::new::New;
use crate::output_file::OutputFile;
use crate::plan::Plan;
use crate::run::Verdict;
use crate::summary::Paint;
use crate::target::Executables;

/// Tools for AWS Lambda extensions.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Make a new project: an extension, a test of it, and what builds it.
    ///
    /// As `cargo new` does, it makes the directory and a repository. The test runs the extension
    /// on the emulator; its README has the commands.
    New(New),
    /// Say whether a file can be an extension, and what would go wrong.
    ///
    /// What it is, for which architecture, on which of Lambda's systems it runs, and each thing
    /// that would keep it from that, with the remedy. The file is not executed: `emulate` does that.
    #[command(after_help = doctor::CODES)]
    Doctor(Doctor),
    /// Run extensions on this machine, as Lambda would.
    ///
    /// They register, get invocations and SHUTDOWN, and what happens is shown while it happens;
    /// then what they cost, and what they do not do as Lambda wants it.
    #[command(after_help = MORE, after_long_help = SCENARIO)]
    Emulate(Emulate),
    /// Measure what an extension costs, over many starts on this machine.
    ///
    /// Each start is a whole life under the emulator. The numbers are this machine's, not
    /// Lambda's: compare them with those of another extension, measured in the same run. Between
    /// other work, `taskset -c 0 lambda-ext measure ..` is quieter, but gives an extension with
    /// many threads one CPU for all of them.
    #[command(after_help = measure::CODES)]
    Measure(Measure),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::New(arguments) => arguments.run().map(|()| 0),
        Command::Doctor(arguments) => arguments.run().map(|fit| u8::from(!fit)),
        Command::Emulate(arguments) => emulate(&arguments).await.map(|verdict| verdict.row().0),
        Command::Measure(arguments) => tokio::select! {
            outcome = arguments.run() => outcome.map(|verdict| verdict.row().0),
            _ = tokio::signal::ctrl_c() => Ok(Verdict::Interrupted.row().0),
        },
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn emulate(arguments: &Emulate) -> Result<Verdict, Error> {
    let Executables {
        extensions,
        runtime,
    } = Executables::of(&arguments.targets, arguments.runtime.as_deref())?;
    let plan = Plan::of(arguments, runtime)?;
    if extensions.is_empty() && plan.settings.runtime.is_none() {
        return Err(
            "there is nothing to run: name an extension, or a runtime with one in it".into(),
        );
    }
    let names: Vec<_> = extensions
        .iter()
        .map(|path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    // What cannot be written is told before the run, not after it.
    let file = arguments.html.as_deref().map(OutputFile::new).transpose()?;
    let paint = Paint(colours());
    let live = (!arguments.json).then(|| Live::start(&names, plan.invocations(), paint.0));
    let observer = live.as_ref().map(Live::observer);
    let outcome = drive::carry_out(&plan, &extensions, names, move |step| {
        if let Some(observer) = &observer {
            observer(step);
        }
    })
    .await;
    if let Some(live) = live {
        live.end();
    }
    let run = outcome?;
    let text = if arguments.json {
        json::write(&run)?
    } else {
        summary::write(&run, paint)
    };
    write(&text);
    if let Some(file) = file {
        file.write(&html::write(&run))?;
    }
    Ok(run.verdict())
}

/// Writes a line.
fn say(line: impl std::fmt::Display) {
    write(&format!("{line}\n"));
}

/// Who closes the pipe does not want to see more, but what was asked for goes on.
fn write(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Whether stdout is a terminal that may be written to in colours; see <https://no-color.org>.
fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stdout().is_terminal() && !unwanted && !dumb
}
