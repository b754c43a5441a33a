//! The timeline while it happens.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use lambda_ext::emulator::record::{Phase, Step, Timeline, What};

/// How many invocations are shown in any case.
const SHOWN: u64 = 3;
/// More invocations than this are not all shown, if they are alike.
const FEW: u64 = 10;
/// How long an invocation may go on unseen.
const UNSEEN: Duration = Duration::from_secs(1);

/// Prints steps on a thread of its own: a slow terminal must not slow the emulator down, whose
/// clock is the extensions'.
pub(crate) struct Live {
    steps: Sender<Option<Step>>,
    thread: JoinHandle<()>,
}

impl Live {
    /// Begins to print. If there are to be many invocations, equal ones are told by their number.
    pub(crate) fn start(names: &[String], invocations: u64, colours: bool) -> Self {
        let (steps, received) = channel();
        let out = std::io::stdout();
        let mut printer = Printer {
            timeline: Timeline::new(names).colours(colours),
            condense: invocations > FEW,
            progress: out.is_terminal(),
            out,
            invocations: 0,
            block: None,
            last: Vec::new(),
            alike: 0,
        };
        let thread = std::thread::spawn(move || printer.print(&received));
        Self { steps, thread }
    }

    /// What is to be called with each step.
    pub(crate) fn observer(&self) -> impl Fn(&Step) + Send + 'static {
        let steps = self.steps.clone();
        move |step| {
            let _ = steps.send(Some(step.clone()));
        }
    }

    /// Prints what is left.
    pub(crate) fn end(self) {
        let _ = self.steps.send(None);
        let _ = self.thread.join();
    }
}

struct Printer<Out> {
    timeline: Timeline,
    condense: bool,
    /// Whether a line can be written over.
    progress: bool,
    out: Out,
    invocations: u64,
    block: Option<Block>,
    /// What the invocation before did.
    last: Vec<String>,
    /// How many did the same since the last that was shown.
    alike: u64,
}

/// An invocation, and what comes until the next.
#[derive(Default)]
struct Block {
    /// What it did, in an order that chance has no part in.
    shape: Vec<String>,
    /// Its lines, if they are not printed yet.
    held: Option<String>,
}

impl<Out: Write> Printer<Out> {
    fn print(&mut self, received: &Receiver<Option<Step>>) {
        loop {
            match received.recv_timeout(UNSEEN) {
                Ok(Some(step)) => self.step(&step),
                Err(RecvTimeoutError::Timeout) => self.show_held(),
                Ok(None) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close();
        self.tell_alike();
    }

    fn step(&mut self, step: &Step) {
        let lines = self.timeline.step(step);
        match &step.what {
            What::Began(Phase::Invoke { .. }) => {
                self.close();
                self.invocations += 1;
                let hold = self.condense && self.invocations > SHOWN;
                self.block = Some(Block {
                    shape: Vec::new(),
                    held: hold.then(String::new),
                });
            }
            What::Began(Phase::Shutdown { .. }) => {
                self.close();
                self.tell_alike();
            }
            _ => {}
        }
        if let Some(block) = &mut self.block {
            block.shape.extend(shape(&step.what));
            if let Some(held) = &mut block.held {
                held.push_str(&lines);
                return;
            }
        }
        self.write(&lines);
    }

    /// An invocation is over: it is shown, unless it is like the one before.
    fn close(&mut self) {
        let Some(mut block) = self.block.take() else {
            return;
        };
        block.shape.sort_unstable();
        block.shape.dedup();
        match block.held {
            Some(_) if block.shape == self.last => {
                self.alike += 1;
                if self.progress {
                    let text = format!("\r{} more like that …", self.alike);
                    self.write(&text);
                }
            }
            Some(held) => {
                self.tell_alike();
                self.write(&held);
            }
            None => {}
        }
        self.last = block.shape;
    }

    fn show_held(&mut self) {
        let held = self.block.as_mut().and_then(|block| block.held.take());
        if let Some(held) = held {
            self.tell_alike();
            self.write(&held);
        }
    }

    fn tell_alike(&mut self) {
        let alike = std::mem::take(&mut self.alike);
        if alike > 0 {
            let begin = if self.progress { "\r" } else { "" };
            self.write(&format!("{begin}{alike} more like that\u{20}\u{20}\n"));
        }
    }

    /// Who closes the pipe does not want to see more, but the extension goes on.
    fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }
}

/// What is compared of a step; nothing of those that come whenever they like.
fn shape(what: &What) -> Option<String> {
    let taken = |status: &Option<u16>| status.is_none_or(|status| status < 400);
    match what {
        What::Began(Phase::Invoke { .. }) => None,
        What::Delivered {
            status,
            error: None,
            ..
        } if taken(status) => None,
        what => Some(without_numbers(&format!("{} {what}", what.who()))),
    }
}

/// The text with a sign for each word that has a digit: numbers, times and identifiers differ
/// from one invocation to the next.
fn without_numbers(text: &str) -> String {
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut shape = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if in_word(first) {
            rest.find(|c| !in_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        let has_digit = word.contains(|c: char| c.is_ascii_digit());
        shape.push_str(if has_digit { "#" } else { word });
        rest = after;
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn numbers_and_identifiers_make_no_difference() {
        assert_eq!(
            without_numbers("my-function 9654582f-0296-4f31-a10e-59c5b87e1d86 (2.998s left)"),
            "my-function # (# left)"
        );
    }
}
