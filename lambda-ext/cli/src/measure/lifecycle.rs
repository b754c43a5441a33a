//! Runs an extension once under the emulator, and takes samples of its cost.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lambda_ext::emulator::record::{Step, StepKind};
use lambda_ext::emulator::{Call, Emulator, EmulatorError, Invocation};
use lambda_ext::{Error, EventType, ShutdownReason};

use super::metric::Metric;
use super::process::{self, Counters};

/// The number of output lines that are shown if an extension fails.
const OUTPUT_LINES: usize = 10;

/// An extension to measure.
#[derive(Debug)]
pub(super) struct Subject {
    /// The target on the command line.
    pub(super) target: String,
    pub(super) executable: PathBuf,
    /// The size of the file, in bytes.
    pub(super) size: u32,
    /// Additional variables of the function's environment.
    pub(super) env: Vec<(String, String)>,
}

/// The samples of one start: one of most metrics, and of `Invocation` one for each invocation.
pub(super) type Samples = BTreeMap<Metric, Vec<f64>>;

/// The reason that there are no samples.
pub(super) enum Failure {
    ExtensionFailed(Error),
    CannotRun(Error),
}

impl Failure {
    pub(super) fn map(self, change: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::ExtensionFailed(error) => Self::ExtensionFailed(change(error)),
            Self::CannotRun(error) => Self::CannotRun(change(error)),
        }
    }
}

impl From<EmulatorError> for Failure {
    // The built-in function does not fail, so the extension did.
    fn from(error: EmulatorError) -> Self {
        Self::ExtensionFailed(error.into())
    }
}

/// Runs init, a first invocation, `invokes` more, and SHUTDOWN.
pub(super) async fn run(subject: &Subject, invokes: u32) -> Result<Samples, Failure> {
    let observed = Arc::new(Mutex::new(Observations::default()));
    let counted = drive(subject, invokes, &observed).await;
    let observed = std::mem::take(&mut *lock(&observed));
    match counted {
        Ok(counted) => observed
            .samples(&counted, subject.size, invokes)
            .map_err(Failure::ExtensionFailed),
        Err(failure) => Err(failure.map(|error| observed.with_output(&error))),
    }
}

/// The counters between the phases.
struct Counted {
    /// The moment before the process was started.
    exec: Instant,
    /// At the first `next`, after the first invocation, and after the last one.
    counters: [Counters; 3],
    /// The page faults from start to exit.
    page_faults: Option<f64>,
}

/// Drives the emulator through the phases.
async fn drive(
    subject: &Subject,
    invokes: u32,
    observed: &Arc<Mutex<Observations>>,
) -> Result<Counted, Failure> {
    let observations = Arc::clone(observed);
    let mut builder = Emulator::builder().on_step(move |step| {
        let now = Instant::now();
        lock(&observations).record(now, step);
    });
    for (key, value) in &subject.env {
        builder = builder.env(key, value);
    }
    let started = builder.executable(&subject.executable).start().await;
    let emulator = started.map_err(|error| Failure::CannotRun(error.into()))?;
    let address = emulator.runtime_api().parse::<SocketAddr>();
    let port = address
        .map_err(|error| Failure::CannotRun(error.into()))?
        .port();
    let counters = async || {
        let pid = lock(observed).pid;
        match pid {
            Some(pid) => process::counters(pid, port).await,
            None => Counters::default(),
        }
    };
    let page_faults_before = process::page_faults_of_children();
    let exec = Instant::now();
    emulator.init().await?;
    let started = counters().await;
    emulator.invoke(Invocation::default()).await?;
    let warm = counters().await;
    for _ in 0..invokes {
        emulator.invoke(Invocation::default()).await?;
    }
    let steady = counters().await;
    emulator.shutdown(ShutdownReason::Spindown).await?;
    if let Some(finding) = emulator
        .record()
        .findings()
        .iter()
        .find(|finding| finding.is_error())
    {
        return Err(Failure::ExtensionFailed(finding.text.as_str().into()));
    }
    Ok(Counted {
        exec,
        counters: [started, warm, steady],
        page_faults: difference(page_faults_before, process::page_faults_of_children()),
    })
}

fn lock(observed: &Mutex<Observations>) -> MutexGuard<'_, Observations> {
    observed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The times of the relevant steps by this process's clock, which also timed the start. The time in
/// a step counts from the emulator's start, which is not known here.
#[derive(Debug, Default)]
struct Observations {
    pid: Option<u32>,
    registered: Option<Instant>,
    first_next: Option<Instant>,
    /// The time of the current INVOKE.
    invoked: Option<Instant>,
    invocations: Vec<Duration>,
    shutdown: Option<Instant>,
    exited: Option<Instant>,
    output: VecDeque<String>,
}

impl Observations {
    fn record(&mut self, now: Instant, step: &Step) {
        match &step.kind {
            StepKind::Launched { pid, .. } => self.pid = *pid,
            StepKind::Answered(request)
                if request.call == Some(Call::Register) && request.status == 200 =>
            {
                self.registered.get_or_insert(now);
            }
            StepKind::Waits { .. } => {
                self.first_next.get_or_insert(now);
                let took = |invoked| now.saturating_duration_since(invoked);
                self.invocations.extend(self.invoked.take().map(took));
            }
            StepKind::Receives { event, .. } if *event == EventType::Invoke => {
                self.invoked = Some(now);
            }
            StepKind::Receives { .. } => self.shutdown = Some(now),
            StepKind::Exited { .. } => self.exited = Some(now),
            StepKind::Output { line, .. } => {
                if self.output.len() == OUTPUT_LINES {
                    self.output.pop_front();
                }
                self.output.push_back(line.clone());
            }
            _ => {}
        }
    }

    fn samples(&self, counted: &Counted, size: u32, invokes: u32) -> Result<Samples, Error> {
        let [started, warm, steady] = &counted.counters;
        let (first, others) = match self.invocations.split_first() {
            None => (None, &[][..]),
            Some((first, others)) if others.len() == invokes as usize => {
                (Some(microseconds(*first)), others)
            }
            Some(_) => {
                let (handled, sent) = (self.invocations.len(), invokes + 1);
                return Err(format!("it handled {handled} of {sent} invocations").into());
            }
        };
        let since = |from: Option<Instant>, to: Option<Instant>| {
            Some(microseconds(to?.saturating_duration_since(from?)))
        };
        let exec = Some(counted.exec);
        let cpu = difference(warm.cpu, steady.cpu).filter(|_| first.is_some());
        let samples = [
            (Metric::ExecToRegister, since(exec, self.registered)),
            (Metric::ExecToFirstNext, since(exec, self.first_next)),
            (Metric::StartCpu, started.cpu),
            (Metric::StartPageFaults, started.page_faults),
            (Metric::FirstInvocation, first),
            (
                Metric::CpuPerInvocation,
                cpu.map(|cpu| cpu / f64::from(invokes)),
            ),
            (Metric::Rss, steady.rss),
            (Metric::PeakRss, steady.peak_rss),
            (Metric::Threads, steady.threads),
            (Metric::Connections, steady.connections),
            (Metric::PageFaults, counted.page_faults),
            (Metric::Shutdown, since(self.shutdown, self.exited)),
            (Metric::BinarySize, Some(f64::from(size) / 1024.0)),
        ];
        let samples = samples.into_iter();
        let mut samples: Samples = samples
            .filter_map(|(metric, value)| Some((metric, vec![value?])))
            .collect();
        if first.is_some() {
            let others = others.iter().copied().map(microseconds).collect();
            samples.insert(Metric::Invocation, others);
        }
        Ok(samples)
    }

    /// The error with the last lines of the extension's output, which may explain it.
    fn with_output(&self, error: &Error) -> Error {
        let lines = self.output.iter();
        lines
            .fold(error.to_string(), |text, line| text + "\n  | " + line)
            .into()
    }
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn difference(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    Some(after? - before?)
}
