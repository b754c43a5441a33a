//! What becomes of the extension when something of the author's fails, and what is said of it.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::panic::Location;
use std::pin::pin;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout};

use crate::extension::Settings;
use crate::panic::contained;
use crate::say::{SILENCE, echo};
use crate::{Client, Config, Method, RunError, budget, clock, say};

#[derive(Debug)]
pub(super) struct Policy {
    pub(super) name: String,
    fail_open: bool,
    /// Whether what `telemetry` logs comes back to it.
    comes_back: bool,
    /// The time that is left until there must be a handler, where the extension does without one
    /// otherwise.
    start: Cell<Duration>,
    said: RefCell<Vec<Said>>,
}

/// What lines are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Failures(Method),
    Cuts(Method),
    /// Those that were spawned there.
    Tasks(&'static Location<'static>),
    Telemetry,
}

/// What was said about something.
#[derive(Debug)]
struct Said {
    about: About,
    at: SystemTime,
    /// The lines that were not said since.
    unsaid: u64,
}

impl Policy {
    pub(super) fn new(client: &Client, config: Config, settings: &Settings) -> Self {
        let name = client.name().to_owned();
        let fail_open = config.fail_open || settings.fail_open;
        if fail_open && cfg!(panic = "abort") {
            let text = "`fail_open` does not cover panics in this build, which aborts on them: \
                        its profile needs `panic = \"unwind\"`";
            say::warn(&name, text);
        }
        Self {
            name,
            fail_open,
            comes_back: settings.telemetry.comes_back(config),
            start: Cell::new(budget::START),
            said: RefCell::default(),
        }
    }

    /// Gives the failure back as one that the extension goes on after, if that is the policy: it has
    /// been said then. Otherwise, as what ends it.
    pub(super) fn forgive(&self, error: RunError) -> Result<RunError, RunError> {
        let about = match &error {
            RunError::Disabled => {
                say::warn(&self.name, &error);
                return Ok(error);
            }
            _ if !self.fail_open => return Err(error),
            RunError::Failed { method, .. } | RunError::Panicked { method, .. } => {
                About::Failures(*method)
            }
            RunError::Cut { method, .. } => About::Cuts(*method),
            RunError::TaskFailed { spawned_at, .. } | RunError::TaskPanicked { spawned_at, .. } => {
                About::Tasks(spawned_at)
            }
            RunError::Client(_) | RunError::Listener { .. } => About::Telemetry,
            RunError::Interrupted { .. } | RunError::Signals(_) => return Err(error),
        };
        let goes_on = match error {
            RunError::Panicked { .. }
            | RunError::Failed {
                method: Method::Shutdown,
                ..
            } => "",
            _ => ": goes on",
        };
        let text = format!("{} (`fail_open`{goes_on})", error.text());
        match error {
            // There is no other of it.
            RunError::Panicked { .. } => say::warn(&self.name, text),
            _ => self.say(about, text),
        }
        Ok(error)
    }

    /// The same where nothing becomes of the failure.
    pub(super) fn overlook(&self, error: RunError) -> Result<(), RunError> {
        let error = self.forgive(error)?;
        contained(|| drop(error));
        Ok(())
    }

    /// A method had to give way.
    pub(super) fn cut(&self, method: Method, after: Duration, why: &str) {
        let after = after.as_millis();
        let text = format!("`{method}` was cut after {after} ms, {why}");
        self.say(About::Cuts(method), text);
    }

    /// There is no handler, or none any more.
    pub(super) fn retired(&self) {
        let text = "goes on without its handler, and does nothing until SHUTDOWN";
        say::warn(&self.name, text);
    }

    /// Gives what makes a handler its time, where the extension would do without. Where it would not,
    /// it is waited for as long as the platform does that, but a line says so after a while.
    pub(super) async fn in_time<T>(
        &self,
        method: Method,
        work: impl Future<Output = Result<T, RunError>>,
    ) -> Result<T, RunError> {
        let mut work = pin!(work);
        let began = Instant::now();
        let outcome = timeout(self.start.get(), work.as_mut()).await;
        let after = began.elapsed();
        self.start.set(self.start.get().saturating_sub(after));
        match outcome {
            Ok(outcome) => outcome,
            Err(_) if self.fail_open => Err(RunError::Cut { method, after }),
            Err(_) => {
                let after = after.as_millis();
                let text = format!(
                    "`{method}` still runs after {after} ms, of the 10 s that Lambda has for all of \
                     init"
                );
                say::warn(&self.name, text);
                work.await
            }
        }
    }

    /// Whether what is logged while this method runs comes back as telemetry, and has it called again.
    pub(super) fn comes_back(&self, method: Method) -> bool {
        self.comes_back && method == Method::Telemetry
    }

    /// Says how many lines of `telemetry` were not written, if it is time to.
    pub(super) fn say_unwritten(&self) {
        self.unwritten(echo::told());
    }

    fn unwritten(&self, lines: u64) {
        if lines > 0 {
            let text = format!(
                "lines that `telemetry` logged and that were not written, because they would come \
                 back to it: {lines}"
            );
            say::warn(&self.name, text);
        }
    }

    /// Says how much was not said.
    pub(super) fn close(&self) {
        self.unwritten(echo::rest());
        for said in self.said.borrow_mut().drain(..) {
            if said.unsaid > 0 {
                let Said { about, unsaid, .. } = said;
                let what = match about {
                    About::Failures(method) => format!("failures of `{method}`"),
                    About::Cuts(method) => format!("cuts of `{method}`"),
                    About::Tasks(at) => format!("failures of tasks that were spawned at {at}"),
                    About::Telemetry => "failures of telemetry".to_owned(),
                };
                let text = format!("{what}: {unsaid} more, which were not said");
                say::warn(&self.name, text);
            }
        }
    }

    fn say(&self, about: About, text: impl Display) {
        let Some(unsaid) = self.may_say(about) else {
            return;
        };
        match unsaid {
            0 => say::warn(&self.name, text),
            _ => say::warn(&self.name, format_args!("{text} ({unsaid} more before)")),
        }
    }

    /// Whether this is to be said; then, how much was not said before. By the wall clock, which goes
    /// on while the environment is frozen.
    fn may_say(&self, about: About) -> Option<u64> {
        let now = clock::now();
        let mut all = self.said.borrow_mut();
        let Some(said) = all.iter_mut().find(|said| said.about == about) else {
            let said = Said {
                about,
                at: now,
                unsaid: 0,
            };
            all.push(said);
            return Some(0);
        };
        // A clock that was set back does not keep it quiet.
        let since = now.duration_since(said.at).unwrap_or(Duration::MAX);
        if since < SILENCE {
            said.unsaid += 1;
            return None;
        }
        said.at = now;
        Some(std::mem::take(&mut said.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy {
            name: "audit".to_owned(),
            fail_open: true,
            comes_back: false,
            start: Cell::default(),
            said: RefCell::default(),
        }
    }

    #[test]
    fn the_same_is_said_once_a_minute_with_how_often_it_was_meanwhile() {
        let policy = policy();
        let invoke = About::Failures(Method::Invoke);
        assert_eq!(policy.may_say(invoke), Some(0));
        assert_eq!(policy.may_say(invoke), None);
        assert_eq!(policy.may_say(invoke), None);
        clock::jump(SILENCE);
        assert_eq!(policy.may_say(invoke), Some(2));
        assert_eq!(policy.may_say(invoke), None);
    }

    #[test]
    fn another_thing_is_said_at_once() {
        let policy = policy();
        for about in [
            About::Failures(Method::Invoke),
            About::Failures(Method::Tick),
            About::Cuts(Method::Invoke),
            About::Tasks(Location::caller()),
            About::Telemetry,
        ] {
            assert_eq!(policy.may_say(about), Some(0), "{about:?}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nothing() {
        let policy = policy();
        let at = clock::now() + 60 * SILENCE;
        policy.may_say(About::Tasks(Location::caller()));
        policy
            .said
            .borrow_mut()
            .iter_mut()
            .for_each(|said| said.at = at);
        assert_eq!(policy.may_say(About::Tasks(Location::caller())), Some(0));
    }
}
