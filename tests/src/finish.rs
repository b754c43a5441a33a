//! Programs that are run to their end.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What a download and what a build may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(900);

#[track_caller]
pub(crate) fn finish(command: Command, input: &str, limit: Duration) -> Output {
    match try_finish(command, input, limit) {
        Ok(output) => output,
        Err(why) => panic!("{why}"),
    }
}

/// Runs a program to its end, or ends it when the time is over.
///
/// Its standard input is left open for as long as it runs.
pub(crate) fn try_finish(
    mut command: Command,
    input: &str,
    limit: Duration,
) -> Result<Output, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("{program}: {error}");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        // A program that has ended already has a better explanation than "broken pipe".
        let _ = stdin.write_all(input.as_bytes());
    }
    let stdout = read_to_end(child.stdout.take());
    let stderr = read_to_end(child.stderr.take());
    let Ok(stdout) = stdout.recv_timeout(limit) else {
        return Err(format!(
            "{program} was not over within {limit:?}{}",
            end(child)
        ));
    };
    let stderr = stderr.recv_timeout(limit).unwrap_or_default();
    drop(stdin);
    let status = child.wait().map_err(failed)?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

fn end(mut child: Child) -> String {
    match child.kill().and_then(|()| child.wait()) {
        Ok(_) => String::new(),
        Err(error) => format!(", nor could it be ended: {error}"),
    }
}

fn read_to_end(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}
