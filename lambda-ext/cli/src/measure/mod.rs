//! `lambda-ext measure`: what an extension costs its users, as distributions.
//!
//! The extension is started many times under the emulator. A second one, to compare it with, is
//! started in turns with it, A B B A, so that what drifts falls on both.

mod life;
mod metric;
mod proc;
mod report;
mod stats;
mod table;

use std::io::{IsTerminal as _, Write as _};

use lambda_ext::Error;

use self::life::{Failure, Samples, Subject, live};
use self::report::Report;
use crate::run::Verdict;
use crate::target::{self, Profile};

/// What the exit codes mean, for the command's help.
pub(crate) const CODES: &str = "\
Exit codes:
  0    measured
  1    an extension did not behave
  2    it could not be run
  130  interrupted
";

#[derive(clap::Args)]
pub(crate) struct Measure {
    /// The extension: an executable, or the name of a binary or example of this workspace, which
    /// is then built with --release.
    target: String,
    /// Another one to compare it with, started in turns with it.
    #[arg(long, value_name = "TARGET")]
    vs: Option<String>,
    /// How often each is started. With fewer than 8, only what does not vary can be compared.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(2..))]
    starts: u32,
    /// How many invocations each start gets, after a first one that is told apart.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    invokes: u32,
    /// A variable of the function's environment. The extensions get these, those of Lambda and
    /// `PATH`, and nothing of this environment.
    #[arg(long, value_name = "KEY=VALUE", value_parser = crate::variable::parse)]
    env: Vec<(String, String)>,
    /// One JSON document, with every sample.
    #[arg(long)]
    json: bool,
}

impl Measure {
    /// What is to be measured, built.
    fn subjects(&self) -> Result<Vec<Subject>, Error> {
        let targets = [&self.target].into_iter().chain(&self.vs);
        targets.map(|target| self.subject(target)).collect()
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

    /// Measures, and prints what was found.
    pub(crate) async fn run(&self) -> Result<Verdict, Error> {
        crate::variable::note_hidden(&self.env);
        let subjects = self.subjects()?;
        let report = match self.measure(&subjects).await {
            Ok(report) => report,
            Err(Failure::Misbehaved(error)) => {
                eprintln!("error: {error}");
                return Ok(Verdict::Misbehaved);
            }
            Err(Failure::NotRun(error)) => return Err(error),
        };
        if self.json {
            crate::say(serde_json::to_string(&report)?);
        } else {
            let _ = write!(std::io::stdout(), "{report}");
        }
        Ok(Verdict::Behaved)
    }

    async fn measure(&self, subjects: &[Subject]) -> Result<Report, Failure> {
        // The first start reads the file from the disk, and comes too late for the others.
        for subject in subjects {
            self.start(subject, "trial start").await?;
        }
        let mut lives: Vec<Vec<Samples>> = subjects.iter().map(|_| Vec::new()).collect();
        let (mut turns, mut order) = ((0..subjects.len()).collect::<Vec<_>>(), Vec::new());
        for number in 1..=self.starts {
            self.progress(number);
            for &which in &turns {
                let name = format!("start {number}");
                let life = self.start(&subjects[which], &name).await?;
                lives[which].push(life);
            }
            order.extend(&turns);
            turns.reverse();
        }
        self.progress(0);
        Ok(Report::new(
            self.starts,
            self.invokes,
            order,
            subjects,
            &lives,
        ))
    }

    async fn start(&self, subject: &Subject, which: &str) -> Result<Samples, Failure> {
        let life = live(subject, self.invokes).await;
        life.map_err(|failure| {
            self.progress(0);
            failure.map(|error| format!("`{}`, {which}: {error}", subject.target).into())
        })
    }

    /// Where somebody watches; 0 clears the line.
    fn progress(&self, number: u32) {
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
