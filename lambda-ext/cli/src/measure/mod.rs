//! `lambda-ext measure`: what an extension costs its users, as distributions.
//!
//! The extension is started many times under the emulator. To compare two extensions, their starts
//! alternate in the order A B B A, so that drift affects both alike.

mod lifecycle;
mod metric;
mod process;
mod report;
mod stats;
mod table;

use std::io::{IsTerminal as _, Write as _};

use lambda_ext::Error;

use self::lifecycle::{Failure, Samples, Subject};
use self::report::{Report, Schedule};
use crate::env_var;
use crate::target::{self, Profile};
use crate::terminal::{self, ERROR};

/// The end of the help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    measured
  1    an extension failed
  2    an extension could not run
  130  interrupted
";

#[derive(clap::Args)]
pub(crate) struct Measure {
    /// The extension: an executable, or the name of a binary or example of this workspace, which
    /// is then built with --release.
    target: String,
    /// Another extension to compare with, started alternately.
    #[arg(long, value_name = "TARGET")]
    vs: Option<String>,
    /// The number of starts of each extension. With fewer than 8, only values that do not vary can
    /// be compared.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(2..))]
    starts: u32,
    /// The number of invocations of each start, after a first one that is reported separately.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    invokes: u32,
    /// A variable of the function's environment. Extensions get these, Lambda's own and `PATH`,
    /// and nothing else of this environment.
    #[arg(long, value_name = "KEY=VALUE", value_parser = env_var::parse)]
    env: Vec<(String, String)>,
    /// Print one JSON document with all samples.
    #[arg(long)]
    json: bool,
}

impl Measure {
    /// Measures the extensions, prints the report, and returns the exit code.
    pub(crate) async fn run(&self) -> Result<u8, Error> {
        env_var::warn_hidden(&self.env);
        let targets = [&self.target].into_iter().chain(&self.vs);
        let subjects: Vec<_> = targets
            .map(|target| self.subject(target))
            .collect::<Result<_, _>>()?;
        let report = match self.measure(&subjects).await {
            Ok(report) => report,
            Err(Failure::ExtensionFailed(error)) => {
                anstream::eprintln!("{ERROR}error{ERROR:#}: {error}");
                return Ok(1);
            }
            Err(Failure::CannotRun(error)) => return Err(error),
        };
        if self.json {
            terminal::print_document(&(serde_json::to_string(&report)? + "\n"));
        } else {
            terminal::print(&report.to_string());
        }
        Ok(0)
    }

    fn subject(&self, target: &str) -> Result<Subject, Error> {
        let (executable, _) = target::find(target, Profile::Release)?;
        let size = std::fs::metadata(&executable)?.len();
        Ok(Subject {
            target: target.to_owned(),
            executable,
            size: size.try_into()?,
            env: self.env.clone(),
        })
    }

    async fn measure(&self, subjects: &[Subject]) -> Result<Report, Failure> {
        // The first start reads the file from the disk, so it is not a sample.
        for subject in subjects {
            self.start(subject, "warm-up start").await?;
        }
        let mut samples: Vec<Vec<Samples>> = subjects.iter().map(|_| Vec::new()).collect();
        let mut round: Vec<_> = (0..subjects.len()).collect();
        let mut order = Vec::new();
        for number in 1..=self.starts {
            self.show_progress(number);
            for &index in &round {
                let name = format!("start {number}");
                samples[index].push(self.start(&subjects[index], &name).await?);
            }
            order.extend(&round);
            round.reverse();
        }
        self.show_progress(0);
        let schedule = Schedule {
            starts: self.starts,
            invokes: self.invokes,
            order,
        };
        Ok(Report::new(schedule, subjects, &samples))
    }

    async fn start(&self, subject: &Subject, name: &str) -> Result<Samples, Failure> {
        let samples = lifecycle::run(subject, self.invokes).await;
        samples.map_err(|failure| {
            self.show_progress(0);
            failure.map(|error| format!("`{}`, {name}: {error}", subject.target).into())
        })
    }

    /// Shows the number of the start on a terminal. 0 clears the line.
    fn show_progress(&self, number: u32) {
        let mut stderr = std::io::stderr();
        if !stderr.is_terminal() {
            return;
        }
        let text = match number {
            0 => String::new(),
            number => format!("start {number} of {}", self.starts),
        };
        let _ = write!(stderr, "\r\x1b[K{text}").and_then(|()| stderr.flush());
    }
}
