//! Extensions as programs: what they print, and how they leave.

use std::ffi::OsStr;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::fake::bounded;

/// A program that was started, with nothing of the test's environment.
#[derive(Debug)]
pub struct Program {
    child: Child,
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

impl Program {
    /// Starts it.
    ///
    /// # Panics
    /// It cannot be.
    pub fn start<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        path: &str,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let child = Command::new(path)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        Self { child }
    }

    /// Sends it a signal, by the name that kill(1) has for it.
    ///
    /// # Panics
    /// It has ended.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().await;
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end.
    pub async fn ended(self) -> Ended {
        let output = bounded(self.child.wait_with_output())
            .await
            .expect("it is waited for");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
