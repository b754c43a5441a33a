//! Extensions and runtimes as processes of their own.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::control::{Control, ControlSender, Exit, StartedProcess};

/// The time for which the output of a process is read after its end. A child of its own may still
/// hold the pipe.
const OUTPUT_AFTER_EXIT: Duration = Duration::from_secs(1);

/// The length at which a line is split.
const MAX_LINE: u64 = 256 * 1024;

/// An executable, with all of its environment.
pub(super) struct Executable<'a> {
    pub(super) path: &'a Path,
    pub(super) variables: &'a [(OsString, OsString)],
}

impl Executable<'_> {
    /// Starts the executable in a process group of its own. `on_line` is called with each line that
    /// it writes, and `on_exit` after the last one.
    pub(super) fn start(
        self,
        on_line: impl Fn(String) + Clone + Send + 'static,
        on_exit: impl FnOnce(Exit) + Send + 'static,
    ) -> io::Result<StartedProcess> {
        let mut group = Command::new(self.path)
            .env_clear()
            .envs(self.variables.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map(ProcessGroup::new)?;
        let pid = group.leader.id().unwrap_or_default();
        let stdout = group.leader.stdout.take();
        let stdout = stdout.map(|pipe| read_lines(pipe, on_line.clone()));
        let stderr = group.leader.stderr.take();
        let stderr = stderr.map(|pipe| read_lines(pipe, on_line));
        let (control, mut controls) = ControlSender::channel();
        tokio::spawn(async move {
            let status = supervise(group, &mut controls).await;
            let output = async {
                for reader in [stdout, stderr].into_iter().flatten() {
                    let _ = reader.await;
                }
            };
            let _ = timeout(OUTPUT_AFTER_EXIT, output).await;
            on_exit(status.map_or_else(Exit::default, exit));
        });
        Ok(StartedProcess { pid, control })
    }
}

fn exit(status: ExitStatus) -> Exit {
    Exit {
        code: status.code(),
        signal: status.signal(),
    }
}

/// A process with its children. They end with it, and it ends when this is dropped.
struct ProcessGroup {
    leader: Child,
    id: Option<Pid>,
}

impl ProcessGroup {
    fn new(leader: Child) -> Self {
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

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Safe after the leader was waited for: its id stays taken while it has children, and is not
        // reused at once if it has none.
        self.signal(Signal::KILL);
    }
}

/// Controls a process until it has ended. It is killed if its sender is dropped.
async fn supervise(
    mut group: ProcessGroup,
    controls: &mut UnboundedReceiver<Control>,
) -> Option<ExitStatus> {
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

/// Reads lines until the pipe ends, and replaces bytes that are not UTF-8.
fn read_lines(
    pipe: impl AsyncRead + Unpin + Send + 'static,
    on_line: impl Fn(String) + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            let read = (&mut pipe)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .await;
            if !matches!(read, Ok(1..)) {
                return;
            }
            let text = String::from_utf8_lossy(&line);
            on_line(text.trim_end_matches(['\n', '\r']).to_owned());
            line.clear();
        }
    })
}
