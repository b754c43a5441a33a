//! An extension over many invocations with telemetry: what its process has of everything.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::record::StepKind;
use lambda_ext::emulator::{Emulator, EmulatorError, Invocation};

/// What a process has at one moment, by Linux's /proc.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// How many invocations there have been.
    pub invocations: usize,
    /// Resident memory, in KiB.
    pub resident: usize,
    /// How many threads.
    pub threads: usize,
    /// Open files, sockets included.
    pub files: usize,
    /// Open sockets: connections, those that are waited at, and what a runtime wakes itself by.
    pub sockets: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct Soak {
    /// Readings, the first after the first share of the invocations.
    pub readings: Vec<Reading>,
    /// What the extension printed.
    pub lines: Vec<String>,
}

/// Runs the extension for that many invocations, of which each has a line with its number, and reads
/// after each of as many shares of them.
///
/// # Errors
/// The environment fails.
pub async fn soak(
    executable: &Path,
    invocations: usize,
    shares: usize,
) -> Result<Soak, EmulatorError> {
    let seen = Arc::new(Mutex::new((None, Vec::new())));
    let observed = Arc::clone(&seen);
    let emulator = Emulator::builder()
        .executable(executable)
        .max_recorded_steps(1_000)
        .on_step(move |step| {
            let mut seen = observed.lock().unwrap_or_else(PoisonError::into_inner);
            match &step.kind {
                StepKind::Launched { pid, .. } => seen.0 = *pid,
                StepKind::Output { line, .. } => seen.1.push(line.clone()),
                _ => {}
            }
        })
        .start()
        .await
        .map_err(|error| EmulatorError::Extension {
            extension: executable.display().to_string(),
            source: error.into(),
        })?;
    let mut readings = Vec::new();
    for number in 0..invocations {
        let invocation = Invocation::default()
            .log(format!("0 {number} of the function"))
            .timeout(Duration::from_secs(30));
        emulator.invoke(invocation).await?;
        if (number + 1) % (invocations / shares) == 0 {
            let pid = seen.lock().unwrap_or_else(PoisonError::into_inner).0;
            readings.extend(pid.map(|pid| Reading::of(pid, number + 1)));
        }
    }
    emulator.shutdown(ShutdownReason::Spindown).await?;
    let lines = std::mem::take(&mut seen.lock().unwrap_or_else(PoisonError::into_inner).1);
    Ok(Soak { readings, lines })
}

impl Reading {
    fn of(pid: u32, invocations: usize) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            number.unwrap_or_default()
        };
        let files: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| fs::read_link(file.path()).ok())
            .collect();
        let is_socket = |file: &&PathBuf| file.to_string_lossy().starts_with("socket:");
        let sockets = files.iter().filter(is_socket);
        Self {
            invocations,
            resident: field("VmRSS:"),
            threads: field("Threads:"),
            files: files.len(),
            sockets: sockets.count(),
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invocations,
            resident,
            threads,
            files,
            sockets,
        } = self;
        write!(
            formatter,
            "{invocations:>11} {resident:>9} {threads:>7} {files:>5} {sockets:>7}"
        )
    }
}

impl fmt::Display for Soak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:>11} {:>9} {:>7} {:>5} {:>7}",
            "invocations", "KiB", "threads", "files", "sockets"
        )?;
        for reading in &self.readings {
            writeln!(formatter, "{reading}")?;
        }
        for line in &self.lines {
            writeln!(formatter, "{line}")?;
        }
        Ok(())
    }
}
