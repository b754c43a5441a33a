//! The timeline, printed while the run happens.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use lambda_ext::emulator::record::{Phase, Step, StepKind, Timeline};

use crate::terminal::{self, count};

/// The invocations at the start that are printed in any case.
const ALWAYS_PRINTED: u64 = 3;
/// With more invocations than this, similar ones are counted instead of printed.
const MAX_UNCONDENSED: usize = 10;
/// An invocation that lasts longer is printed while it goes on.
const MAX_BUFFERING: Duration = Duration::from_secs(1);

/// Prints steps on a thread of its own, because a slow terminal must not slow down the emulator,
/// whose clock also times the extensions.
pub(super) struct LiveTimeline {
    steps: Sender<Option<Step>>,
    thread: JoinHandle<()>,
}

impl LiveTimeline {
    /// Starts the thread, for a run with that many invocations.
    pub(super) fn start(extensions: &[String], invocations: usize) -> Self {
        let (steps, received) = channel();
        let mut printer = Printer {
            timeline: Timeline::new(extensions).colours(true),
            condense: invocations > MAX_UNCONDENSED,
            overwrite: std::io::stdout().is_terminal(),
            invocations: 0,
            current: None,
            previous: Vec::new(),
            similar: 0,
        };
        let thread = std::thread::spawn(move || printer.run(&received));
        Self { steps, thread }
    }

    /// A function to call with each step.
    pub(super) fn observer(&self) -> impl Fn(&Step) + Send + 'static {
        let steps = self.steps.clone();
        move |step| {
            let _ = steps.send(Some(step.clone()));
        }
    }

    /// Prints the rest.
    pub(super) fn finish(self) {
        let _ = self.steps.send(None);
        let _ = self.thread.join();
    }
}

struct Printer {
    timeline: Timeline,
    /// True to count similar invocations instead of printing them.
    condense: bool,
    /// True on a terminal, where a line can be overwritten.
    overwrite: bool,
    invocations: u64,
    current: Option<Invocation>,
    /// The signature of the previous invocation.
    previous: Vec<String>,
    /// The number of similar invocations since the last that was printed.
    similar: usize,
}

/// The steps from one invocation to the next.
#[derive(Default)]
struct Invocation {
    /// The steps without what differs by chance. Invocations with equal signatures are similar.
    signature: Vec<String>,
    /// The lines that are not printed yet; none if lines are printed at once.
    buffer: Option<String>,
}

impl Printer {
    fn run(&mut self, received: &Receiver<Option<Step>>) {
        loop {
            match received.recv_timeout(MAX_BUFFERING) {
                Ok(Some(step)) => self.step(&step),
                Err(RecvTimeoutError::Timeout) => self.flush_buffer(),
                Ok(None) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.end_invocation();
        self.print_similar();
    }

    fn step(&mut self, step: &Step) {
        let lines = self.timeline.step(step);
        match &step.kind {
            StepKind::Began(Phase::Invoke { .. }) => {
                self.end_invocation();
                self.invocations += 1;
                let buffer = self.condense && self.invocations > ALWAYS_PRINTED;
                self.current = Some(Invocation {
                    signature: Vec::new(),
                    buffer: buffer.then(String::new),
                });
            }
            StepKind::Began(Phase::Shutdown { .. }) => {
                self.end_invocation();
                self.print_similar();
            }
            _ => {}
        }
        if let Some(invocation) = &mut self.current {
            invocation.signature.extend(signature(&step.kind));
            if let Some(buffer) = &mut invocation.buffer {
                buffer.push_str(&lines);
                return;
            }
        }
        print(&lines);
    }

    /// Prints the current invocation, unless it is similar to the previous one.
    fn end_invocation(&mut self) {
        let Some(mut invocation) = self.current.take() else {
            return;
        };
        invocation.signature.sort_unstable();
        invocation.signature.dedup();
        match invocation.buffer {
            Some(_) if invocation.signature == self.previous => {
                self.similar += 1;
                if self.overwrite {
                    print(&format!("\r{} …", similar(self.similar)));
                }
            }
            Some(lines) => {
                self.print_similar();
                print(&lines);
            }
            None => {}
        }
        self.previous = invocation.signature;
    }

    fn flush_buffer(&mut self) {
        let buffer = self
            .current
            .as_mut()
            .and_then(|current| current.buffer.take());
        if let Some(lines) = buffer {
            self.print_similar();
            print(&lines);
        }
    }

    fn print_similar(&mut self) {
        let number = std::mem::take(&mut self.similar);
        if number > 0 {
            let start = if self.overwrite { "\r" } else { "" };
            print(&format!("{start}{}\u{20}\u{20}\n", similar(number)));
        }
    }
}

fn similar(number: usize) -> String {
    count(number, "similar invocation")
}

fn print(text: &str) {
    terminal::print(text);
    let _ = std::io::stdout().flush();
}

/// The part of a step that similar invocations have in common; none for a step whose time is
/// independent of the invocation.
fn signature(what: &StepKind) -> Option<String> {
    let accepted = |status: &Option<u16>| status.is_none_or(|status| status < 400);
    match what {
        StepKind::Began(Phase::Invoke { .. }) => None,
        StepKind::Delivered {
            status,
            error: None,
            ..
        } if accepted(status) => None,
        what => Some(without_numbers(&format!("{} {what}", what.subject()))),
    }
}

/// Replaces each word that has a digit by `#`: numbers, times and identifiers differ from one
/// invocation to the next.
fn without_numbers(text: &str) -> String {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if in_word(first) {
            rest.find(|c| !in_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        let has_digit = word.contains(|c: char| c.is_ascii_digit());
        replaced.push_str(if has_digit { "#" } else { word });
        rest = after;
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn numbers_and_identifiers_are_replaced() {
        assert_eq!(
            without_numbers("my-function 9654582f-0296-4f31-a10e-59c5b87e1d86 (2.998s left)"),
            "my-function # (# left)"
        );
    }
}
