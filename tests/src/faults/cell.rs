//! One cell: the whole life of a process under one fault.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Emulator, EmulatorError, Invocation};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::relay::Relay;
use super::{Fault, Seen, Step};

/// The bound of a life, far beyond what any needs.
const BOUND: Duration = Duration::from_secs(40);

/// What the platform waits for an extension: longer than that, so that it is not what ends it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Init, two invocations and SHUTDOWN of the extension `faulted`, which is at this path.
///
/// # Panics
/// It cannot be started, or does not open its diary.
pub async fn live(path: &str, fault: Fault, step: Step) -> Seen {
    let builder = Emulator::builder().init_timeout(PATIENCE);
    let emulator = builder.start().await.expect("a port");
    let (relay, _standing) = Relay::before(emulator.runtime_api(), fault, step).await;
    let diary = Diary::new();
    let mut process = Process::start(path, &relay, &diary.0, step);
    let output = process.output();
    let mut status = None;
    let work = async {
        let ended = process.child.wait().await?;
        relay.set_pid(None);
        status = Some(ended);
        if ended.success() {
            Ok(())
        } else {
            Err(io::Error::other(ended.to_string()))
        }
    };
    let life = async {
        let extension = emulator.extension("faulted").run_future(work);
        tokio::join!(extension, scenario(&emulator)).0
    };
    let life = timeout(BOUND, life).await;
    let killed = matches!(life, Ok(Err(EmulatorError::Killed { .. })));
    // What is left of it ends here.
    drop(process);
    let [stdout, stderr] = output;
    Seen {
        step,
        code: status.as_ref().and_then(ExitStatus::code),
        killed,
        hung: life.is_err(),
        stdout: stdout.await.expect("no panic"),
        stderr: stderr
            .await
            .expect("no panic")
            .replace(&relay.address(), "API"),
        calls: relay.calls().await,
        diary: diary.entries(),
        reachable: relay.is_there(),
    }
}

/// What fails ends it; the record of that is the process's own.
async fn scenario(emulator: &Emulator) -> Result<(), EmulatorError> {
    for id in ["1", "2"] {
        let invocation = Invocation::default().request_id(id).timeout(PATIENCE);
        emulator
            .invoke(invocation.log(format!("line {id}")))
            .await?;
    }
    emulator.shutdown(ShutdownReason::Spindown).await
}

/// A process that ends with whoever drops it.
struct Process {
    child: Child,
    relay: Relay,
}

impl Process {
    fn start(path: &str, relay: &Relay, diary: &Path, step: Step) -> Self {
        let child = Command::new(path)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", relay.address())
            .env("DIARY", diary)
            .env("FAIL_IN", step.fails)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        relay.set_pid(child.id());
        let relay = relay.clone();
        Self { child, relay }
    }

    /// What it writes on stdout and stderr, to the end.
    fn output(&mut self) -> [JoinHandle<String>; 2] {
        let stdout = self.child.stdout.take().expect("a pipe");
        let stderr = self.child.stderr.take().expect("a pipe");
        [tokio::spawn(text(stdout)), tokio::spawn(text(stderr))]
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.relay.set_pid(None);
    }
}

async fn text(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The file in which it notes what it has handled.
struct Diary(PathBuf);

impl Diary {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("lambda-ext-faulted-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, "").expect("a file");
        Self(path)
    }

    fn entries(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.0).expect("a file");
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
