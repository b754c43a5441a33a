//! Extensions as processes of their own.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::record::{Kill, What};
use super::shared::Shared;

/// How long the output of a process that has ended is waited for: a child of its own may still
/// hold the pipe.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// A process that can be told to end.
#[derive(Debug)]
pub(super) struct Process {
    kill: Option<oneshot::Sender<()>>,
}

impl Process {
    /// Starts an executable under its file's name, with nothing of this process's environment but
    /// `PATH`, in a process group of its own.
    pub(super) fn start(
        shared: &Shared,
        name: &str,
        executable: &Path,
        environment: &[(OsString, OsString)],
    ) -> io::Result<Self> {
        let mut child = Command::new(executable)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map(Group)?;
        let pid = child.0.id().unwrap_or_default();
        let extension = name.to_owned();
        shared.change(|platform| {
            platform.note(What::Launched {
                extension,
                pid: Some(pid),
            })
        });
        let output = [
            child
                .0
                .stdout
                .take()
                .map(|pipe| forward(shared, name, pipe)),
            child
                .0
                .stderr
                .take()
                .map(|pipe| forward(shared, name, pipe)),
        ];
        let (kill, killed) = oneshot::channel();
        let (shared, name) = (shared.clone(), name.to_owned());
        tokio::spawn(async move {
            let code = end(&shared, &name, child, killed).await;
            let rest = async {
                for reading in output.into_iter().flatten() {
                    let _ = reading.await;
                }
            };
            let _ = timeout(LAST_OUTPUT, rest).await;
            shared.change(|platform| platform.left(&name, code));
        });
        Ok(Self { kill: Some(kill) })
    }

    /// Kills it and its children, if it has not ended yet.
    pub(super) fn kill(&mut self) {
        if let Some(kill) = self.kill.take() {
            let _ = kill.send(());
        }
    }
}

/// A process with its children: they end with it, whoever drops it, if it has not ended before.
struct Group(Child);

impl Group {
    fn kill(&self) {
        // With an id it has not been waited for, so the id is still its own.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(leader) = id.and_then(Pid::from_raw) {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for the end, by itself or on demand.
async fn end(
    shared: &Shared,
    name: &str,
    mut group: Group,
    mut killed: oneshot::Receiver<()>,
) -> Option<i32> {
    let asked = tokio::select! {
        biased;
        status = group.0.wait() => return status.ok().and_then(|status| status.code()),
        asked = &mut killed => asked.is_ok(),
    };
    if asked {
        let extension = name.to_owned();
        shared.change(|platform| {
            platform.note(What::Killed {
                extension,
                why: Kill::Deadline,
            })
        });
    }
    group.kill();
    group.0.wait().await.ok().and_then(|status| status.code())
}

/// Reads lines until the pipe ends; what is not UTF-8 is replaced.
fn forward(
    shared: &Shared,
    name: &str,
    pipe: impl AsyncRead + Unpin + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    let (shared, name) = (shared.clone(), name.to_owned());
    tokio::spawn(async move {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line).await, Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            let what = What::Output {
                extension: name.clone(),
                line: text.trim_end_matches(['\n', '\r']).to_owned(),
            };
            shared.change(|platform| platform.note(what));
            line.clear();
        }
    })
}
