//! One life of an extension under the emulator, from its start to its end, and what it cost.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lambda_ext::emulator::record::{Step, What};
use lambda_ext::emulator::{Call, Emulator, EmulatorError, Invocation};
use lambda_ext::{Error, EventType, ShutdownReason};

use super::metric::Metric;
use super::proc::{self, Reading};

/// How much of its output is shown of an extension that fails.
const LAST_LINES: usize = 10;

/// What is measured.
#[derive(Debug)]
pub(crate) struct Subject {
    /// As it was asked for.
    pub(crate) target: String,
    pub(crate) executable: PathBuf,
    /// Its file's size, in bytes.
    pub(crate) size: u32,
    /// What the function's environment has more.
    pub(crate) env: Vec<(String, String)>,
}

/// The samples of one life: of most rows one, of the invocations as many as there were.
pub(crate) type Samples = BTreeMap<Metric, Vec<f64>>;

/// Why a life was not measured.
pub(crate) enum Failure {
    /// The extension did not do as Lambda wants it.
    Misbehaved(Error),
    /// It could not be run at all.
    NotRun(Error),
}

impl Failure {
    /// The same, told otherwise.
    pub(crate) fn map(self, tell: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::Misbehaved(error) => Self::Misbehaved(tell(error)),
            Self::NotRun(error) => Self::NotRun(tell(error)),
        }
    }
}

impl From<EmulatorError> for Failure {
    // The function is the built-in one, which does not fail.
    fn from(error: EmulatorError) -> Self {
        Self::Misbehaved(error.into())
    }
}

/// Lives once: init, a first invocation, as many as are asked for, SHUTDOWN.
pub(crate) async fn live(subject: &Subject, invokes: u32) -> Result<Samples, Failure> {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let outcome = drive(subject, invokes, &seen).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    match outcome {
        Ok(driven) => seen
            .samples(&driven, subject.size, invokes)
            .map_err(Failure::Misbehaved),
        Err(failure) => Err(failure.map(|error| seen.explain(&error))),
    }
}

/// What was taken between the phases.
struct Driven {
    /// The moment before the process was started.
    exec: Instant,
    /// At the first next, after the first invocation, after the last.
    readings: [Reading; 3],
    /// The page faults of the whole life.
    faults: Option<f64>,
}

/// All that is asked of the emulator.
async fn drive(
    subject: &Subject,
    invokes: u32,
    seen: &Arc<Mutex<Seen>>,
) -> Result<Driven, Failure> {
    let observed = Arc::clone(seen);
    let mut builder = Emulator::builder().observe(move |step| {
        let now = Instant::now();
        let mut seen = observed.lock().unwrap_or_else(PoisonError::into_inner);
        seen.note(now, step);
    });
    for (key, value) in &subject.env {
        builder = builder.env(key, value);
    }
    let started = builder.executable(&subject.executable).start().await;
    let emulator = started.map_err(|error| Failure::NotRun(error.into()))?;
    let address = emulator.runtime_api().parse::<SocketAddr>();
    let port = address
        .map_err(|error| Failure::NotRun(error.into()))?
        .port();
    let read = async || {
        let pid = seen.lock().unwrap_or_else(PoisonError::into_inner).pid;
        match pid {
            Some(pid) => proc::read(pid, port).await,
            None => Reading::default(),
        }
    };
    let faults_before = proc::faults_of_children();
    let exec = Instant::now();
    emulator.init().await?;
    let started = read().await;
    emulator.invoke(Invocation::default()).await?;
    let warm = read().await;
    for _ in 0..invokes {
        emulator.invoke(Invocation::default()).await?;
    }
    let steady = read().await;
    emulator.shutdown(ShutdownReason::Spindown).await?;
    if let Some(finding) = emulator
        .record()
        .findings()
        .iter()
        .find(|found| found.grave)
    {
        return Err(Failure::Misbehaved(finding.text.as_str().into()));
    }
    let faults = between(faults_before, proc::faults_of_children());
    Ok(Driven {
        exec,
        readings: [started, warm, steady],
        faults,
    })
}

/// The steps that count, by the clock that the start was taken on: a step's own time is since the
/// emulator's start, which nobody else can know.
#[derive(Debug, Default)]
struct Seen {
    pid: Option<u32>,
    registered: Option<Instant>,
    first_next: Option<Instant>,
    /// When the INVOKE was handed out that is not over.
    invoked: Option<Instant>,
    invocations: Vec<Duration>,
    shutdown: Option<Instant>,
    left: Option<Instant>,
    last_lines: VecDeque<String>,
}

impl Seen {
    fn note(&mut self, now: Instant, step: &Step) {
        match &step.what {
            What::Launched { pid, .. } => self.pid = *pid,
            What::Answered(request)
                if request.call == Some(Call::Register) && request.status == 200 =>
            {
                self.registered.get_or_insert(now);
            }
            What::Waits { .. } => {
                self.first_next.get_or_insert(now);
                let took = |invoked| now.saturating_duration_since(invoked);
                self.invocations.extend(self.invoked.take().map(took));
            }
            What::Receives { event, .. } if *event == EventType::Invoke => {
                self.invoked = Some(now);
            }
            What::Receives { .. } => self.shutdown = Some(now),
            What::Left { .. } => self.left = Some(now),
            What::Output { line, .. } => {
                if self.last_lines.len() == LAST_LINES {
                    self.last_lines.pop_front();
                }
                self.last_lines.push_back(line.clone());
            }
            _ => {}
        }
    }

    fn samples(&self, driven: &Driven, size: u32, invokes: u32) -> Result<Samples, Error> {
        let [started, warm, steady] = &driven.readings;
        let (first, others) = match self.invocations.split_first() {
            None => (None, &[][..]),
            Some((first, others)) if others.len() == invokes as usize => {
                (Some(microseconds(*first)), others)
            }
            Some(_) => {
                let (seen, sent) = (self.invocations.len(), invokes + 1);
                return Err(format!("it took {seen} invocations of {sent}").into());
            }
        };
        let since = |from: Option<Instant>, to: Option<Instant>| {
            Some(microseconds(to?.saturating_duration_since(from?)))
        };
        let exec = Some(driven.exec);
        let cpu = between(warm.cpu, steady.cpu).filter(|_| first.is_some());
        let once = [
            (Metric::ExecToRegister, since(exec, self.registered)),
            (Metric::ExecToNext, since(exec, self.first_next)),
            (Metric::StartCpu, started.cpu),
            (Metric::StartFaults, started.faults),
            (Metric::FirstInvocation, first),
            (
                Metric::InvocationCpu,
                cpu.map(|cpu| cpu / f64::from(invokes)),
            ),
            (Metric::Rss, steady.rss),
            (Metric::PeakRss, steady.peak_rss),
            (Metric::Threads, steady.threads),
            (Metric::Connections, steady.connections),
            (Metric::Faults, driven.faults),
            (Metric::Shutdown, since(self.shutdown, self.left)),
            (Metric::BinarySize, Some(f64::from(size) / 1024.0)),
        ];
        let once = once
            .into_iter()
            .filter_map(|(metric, value)| Some((metric, vec![value?])));
        let mut samples: Samples = once.collect();
        if first.is_some() {
            let others = others.iter().copied().map(microseconds).collect();
            samples.insert(Metric::Invocation, others);
        }
        Ok(samples)
    }

    /// With the last lines that the extension wrote, which may say why.
    fn explain(&self, error: &Error) -> Error {
        let lines = self.last_lines.iter();
        lines
            .fold(error.to_string(), |text, line| text + "\n  | " + line)
            .into()
    }
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn between(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?)
}
