//! Extensions and runtimes as processes of their own.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::member::{Control, Reins};
use super::shared::Shared;

/// How long the output of a process that has ended is waited for: a child of its own may still
/// hold the pipe.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// How much of a line is taken at once: more comes as several.
const LONGEST_LINE: u64 = 256 * 1024;

/// How a process has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exit {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

impl Exit {
    fn of(status: ExitStatus) -> Self {
        Self {
            code: status.code(),
            signal: status.signal(),
        }
    }

    /// Of what only stands for a process.
    pub(super) fn code(code: Option<i32>) -> Self {
        Self { code, signal: None }
    }
}

/// A process that has just been started.
pub(super) struct Started {
    pub(super) pid: u32,
    pub(super) reins: Reins,
}

/// Starts an executable with just this environment, in a process group of its own. It is told of
/// each line that the process writes, and of its exit code in the end.
pub(super) fn start(
    shared: &Shared,
    executable: &Path,
    environment: &[(OsString, OsString)],
    on_line: impl Fn(&Shared, String) + Clone + Send + 'static,
    on_end: impl FnOnce(&Shared, Exit) + Send + 'static,
) -> io::Result<Started> {
    let mut group = Command::new(executable)
        .env_clear()
        .envs(environment.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map(Group::of)?;
    let pid = group.leader.id().unwrap_or_default();
    let output = [
        group
            .leader
            .stdout
            .take()
            .map(|pipe| forward(shared, pipe, on_line.clone())),
        group
            .leader
            .stderr
            .take()
            .map(|pipe| forward(shared, pipe, on_line)),
    ];
    let (reins, mut controls) = mpsc::unbounded_channel();
    let shared = shared.clone();
    tokio::spawn(async move {
        let status = guide(group, &mut controls).await;
        let rest = async {
            for reading in output.into_iter().flatten() {
                let _ = reading.await;
            }
        };
        let _ = timeout(LAST_OUTPUT, rest).await;
        on_end(&shared, status.map_or_else(Exit::default, Exit::of));
    });
    Ok(Started { pid, reins })
}

/// A process with its children: they end with it, and it ends with whoever drops it.
struct Group {
    leader: Child,
    id: Option<Pid>,
}

impl Group {
    fn of(leader: Child) -> Self {
        let id = leader.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(Pid::from_raw);
        Self { leader, id }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Also where the leader has just been waited for: its id is not given to another process
        // while it has children, and not so soon if it has none.
        self.signal(Signal::KILL);
    }
}

/// Does what is asked for until it has ended. With nobody left to ask, it is killed.
async fn guide(mut group: Group, controls: &mut UnboundedReceiver<Control>) -> Option<ExitStatus> {
    loop {
        let control = tokio::select! {
            biased;
            status = group.leader.wait() => return status.ok(),
            control = controls.recv() => control.unwrap_or(Control::Kill),
        };
        match control {
            Control::Terminate => group.signal(Signal::TERM),
            Control::Stop => group.signal(Signal::STOP),
            Control::Continue => group.signal(Signal::CONT),
            Control::Kill => {
                group.signal(Signal::KILL);
                return group.leader.wait().await.ok();
            }
        }
    }
}

/// Reads lines until the pipe ends; what is not UTF-8 is replaced.
fn forward(
    shared: &Shared,
    pipe: impl AsyncRead + Unpin + Send + 'static,
    on_line: impl Fn(&Shared, String) + Send + 'static,
) -> JoinHandle<()> {
    use tokio::io::AsyncReadExt as _;

    let shared = shared.clone();
    tokio::spawn(async move {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            let read = (&mut pipe)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .await;
            if !matches!(read, Ok(1..)) {
                return;
            }
            let text = String::from_utf8_lossy(&line);
            on_line(&shared, text.trim_end_matches(['\n', '\r']).to_owned());
            line.clear();
        }
    })
}
