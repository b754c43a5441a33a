//! Extensions as programs: what they print, and how they leave.

use std::ffi::OsStr;
use std::fmt::Display;
use std::process::{Output, Stdio};
use std::{fs, io};

use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::fake::{Fake, bounded};

/// A program that was started, with nothing of the test's environment.
#[derive(Debug)]
pub struct Program {
    pid: u32,
    /// Waits for its end, and takes its output meanwhile, so that it never waits for a reader.
    output: JoinHandle<io::Result<Output>>,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote on stdout.
    pub stdout: String,
    /// What it wrote on stderr.
    pub stderr: String,
}

/// Runs a program against a platform that plays its part, to the end.
///
/// # Panics
/// It does not end, or asks for something else.
pub async fn run(
    path: &str,
    environment: &[(&str, &str)],
    platform: impl AsyncFnOnce(&mut Fake, &Program),
) -> Ended {
    bounded(async {
        let mut fake = Fake::start().await;
        let runtime_api = fake.runtime_api().to_owned();
        let address = [("AWS_LAMBDA_RUNTIME_API", &*runtime_api)];
        let environment = address.into_iter().chain(environment.iter().copied());
        let program = Program::start(path, environment);
        platform(&mut fake, &program).await;
        let ended = program.ended().await;
        let unasked = fake.unasked();
        assert!(unasked.is_none(), "{unasked:#?}");
        ended
    })
    .await
}

impl Program {
    /// Starts it.
    ///
    /// # Panics
    /// It cannot be.
    pub fn start<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        path: &str,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self::start_with(path, [], environment)
    }

    /// Starts it with arguments.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start_with<'a, K: AsRef<OsStr>, V: AsRef<OsStr>>(
        path: &str,
        arguments: impl IntoIterator<Item = &'a str>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let child = Command::new(path)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        Self {
            pid: child.id().expect("it has not been waited for"),
            output: tokio::spawn(child.wait_with_output()),
        }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends it a signal, by the name that kill(1) has for it.
    ///
    /// # Panics
    /// It has ended.
    pub async fn signal(&self, name: &str) {
        assert!(!self.output.is_finished(), "it has ended");
        let pid = self.pid.to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().await;
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end.
    pub async fn ended(self) -> Ended {
        let output = bounded(self.output).await.expect("no panic");
        let output = output.expect("it is waited for");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The most memory that a process had, in KiB, by its process id or `self`.
#[must_use]
pub fn peak_memory(process: impl Display) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}
