//! What the generated `main` does beyond [`run`](crate::run), because the process is its own: it
//! hears signals, says what failed, and ends a process that is stuck. In a function's process an
//! extension hears only the signal that is its end.

use std::ffi::c_int;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::pipe;
use tokio::net::UnixStream;

use crate::budget::SignalBudget;
use crate::done::Done;
use crate::panic::{self, Stage};
use crate::say::story;
use crate::{Client, ErrorReporter, Method, RunError, budget, say};

/// How far the lifecycle may reach into the process.
#[derive(Debug, Default)]
pub(crate) struct Process {
    owned: Option<Owned>,
    /// None where they are somebody else's.
    signals: Option<Signals>,
    /// Whether it is the function's, which is where internal extensions are.
    internal: bool,
    /// The signal that has come.
    stopped: Option<&'static str>,
    running: Running,
}

/// Which method of the handler runs, for whoever sees that it does not return.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<AtomicUsize>);

impl Running {
    pub(crate) fn begin(&self, method: Method) {
        let at = Method::ALL.iter().position(|it| *it == method);
        self.0.store(at.map_or(0, |at| at + 1), Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn method(&self) -> Option<Method> {
        let at = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Method::ALL.get(at).copied()
    }
}

#[derive(Debug)]
struct Owned {
    name: String,
    /// None where panics unwind.
    stage: Option<Stage>,
    /// What failed, once that is being said.
    saying: Option<Done>,
    /// Whether it has failed, and has said so.
    failed: Arc<AtomicBool>,
    watched: bool,
}

impl Process {
    /// Somebody else's, such as a test's: it is left alone.
    pub(crate) fn borrowed() -> Self {
        Self::default()
    }

    /// The generated `main`'s own.
    pub(crate) fn owned(client: &Client) -> io::Result<Self> {
        let signals = Signals::all()?;
        Ok(Self {
            owned: Some(Owned {
                name: client.name().to_owned(),
                stage: panic::install(client),
                saying: None,
                failed: Arc::default(),
                watched: false,
            }),
            signals: Some(signals),
            ..Self::default()
        })
    }

    /// The function's. Of its signals only that by which Lambda ends it is heard; panics, stderr and
    /// the exit are its own.
    pub(crate) fn function() -> io::Result<Self> {
        Ok(Self {
            signals: Some(Signals::of_function()?),
            internal: true,
            ..Self::default()
        })
    }

    pub(crate) fn is_functions(&self) -> bool {
        self.internal
    }

    /// How long what a signal ends may take.
    pub(crate) fn after_signal(&self) -> SignalBudget {
        if self.internal {
            SignalBudget::FUNCTION
        } else {
            SignalBudget::OWN
        }
    }

    pub(crate) fn running(&self) -> Running {
        self.running.clone()
    }

    /// The signal that has come, if [`signal`](Self::signal) has seen it.
    pub(crate) fn stopped(&self) -> Option<&'static str> {
        self.stopped
    }

    /// Waits for a signal; one that has come stays.
    pub(crate) async fn signal(&mut self) -> &'static str {
        if let Some(signal) = self.stopped {
            return signal;
        }
        let Some(signals) = &self.signals else {
            return pending().await;
        };
        let signal = signals.next().await;
        self.stopped = Some(signal);
        signal
    }

    /// From here on a panic that aborts is an init error.
    pub(crate) fn registered(&self, reporter: &ErrorReporter) {
        if let Some(stage) = self.stage() {
            stage.registered(reporter);
        }
    }

    /// From here on a panic that aborts is an exit error.
    pub(crate) fn polling(&self, reporter: &ErrorReporter) {
        if let Some(stage) = self.stage() {
            stage.polling(reporter);
        }
    }

    fn stage(&self) -> Option<&Stage> {
        self.owned.as_ref()?.stage.as_ref()
    }

    /// Says what ends the extension before anything else can fail or be stuck: the report, and the
    /// handler's destructor, which is the author's.
    pub(crate) fn failed(&mut self, error: RunError) -> RunError {
        let Some(owned) = &mut self.owned else {
            return error;
        };
        owned.saying = Some(say_if_possible(&owned.name, &error.line()));
        owned.failed.store(true, Ordering::Relaxed);
        self.watch(budget::REPORT + budget::AFTER_FAILURE);
        error
    }

    /// Ends the process after that long, whatever its other threads do.
    pub(crate) fn watch(&mut self, after: Duration) {
        let Some(owned) = &mut self.owned else { return };
        if std::mem::replace(&mut owned.watched, true) {
            return;
        }
        let (name, failed) = (owned.name.clone(), Arc::clone(&owned.failed));
        let (stage, running) = (owned.stage.clone(), self.running.clone());
        // Without it the platform ends what is stuck: a little later, and less kindly.
        let _ = thread::Builder::new().spawn(move || {
            thread::sleep(after);
            if stage.is_some_and(|stage| stage.is_reporting()) || failed.load(Ordering::Relaxed) {
                std::process::exit(1);
            }
            let after = after.as_millis();
            let what = running.method().map_or_else(
                || "the handler's destructor".to_owned(),
                |method| format!("`{method}`"),
            );
            let text = format!("{what} blocks its thread: ended {after} ms after SHUTDOWN");
            say_if_possible(&name, &text);
            std::process::exit(0);
        });
    }

    /// Ends the process; if a panic is being reported, that does.
    pub(crate) fn leave(&self, code: i32) -> ! {
        if let Some(saying) = self.owned.as_ref().and_then(|owned| owned.saying.as_ref()) {
            // The speaker may not have had its turn yet.
            saying.wait(budget::AFTER_FAILURE);
        }
        story!(debug, code, "exits");
        let _ending = self.stage().map(Stage::lock);
        std::process::exit(code)
    }
}

/// The end that wakes whoever waits.
type Wake = std::os::unix::net::UnixStream;

/// The signals that end a process.
#[derive(Debug)]
struct Signals {
    /// The one that came last.
    came: Arc<AtomicUsize>,
    /// Can be read once one has come.
    woken: UnixStream,
    /// Where the process goes on without this, whether it does by now.
    over: Option<Arc<AtomicBool>>,
}

impl Signals {
    const ALL: [(c_int, &'static str); 2] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")];

    /// The signals of a process of our own.
    fn all() -> io::Result<Self> {
        let (signals, wake) = Self::none()?;
        signals.hear(SIGTERM, wake.try_clone()?)?;
        signals.hear(SIGINT, wake)?;
        Ok(signals)
    }

    /// That by which the platform ends the function's process. It ends that again, as it does by
    /// default, once this is dropped: the process may be a test's.
    fn of_function() -> io::Result<Self> {
        let (mut signals, wake) = Self::none()?;
        let over = signals.over.insert(Arc::default());
        flag::register_conditional_default(SIGTERM, Arc::clone(over))?;
        signals.hear(SIGTERM, wake)?;
        Ok(signals)
    }

    fn none() -> io::Result<(Self, Wake)> {
        let (woken, wake) = Wake::pair()?;
        woken.set_nonblocking(true)?;
        let signals = Self {
            came: Arc::default(),
            woken: UnixStream::from_std(woken)?,
            over: None,
        };
        Ok((signals, wake))
    }

    fn hear(&self, signal: c_int, wake: Wake) -> io::Result<()> {
        let at = Self::ALL.iter().position(|(known, _)| *known == signal);
        let number = at.map_or(0, |at| at + 1);
        flag::register_usize(signal, Arc::clone(&self.came), number)?;
        pipe::register(signal, wake).map(drop)
    }

    /// Waits for one; once one has come, no more.
    async fn next(&self) -> &'static str {
        // It fails only with the runtime, at the end of everything.
        let _ = self.woken.readable().await;
        let number = self.came.load(Ordering::Relaxed);
        let signal = number.checked_sub(1).and_then(|at| Self::ALL.get(at));
        signal.map_or("a signal", |(_, name)| name)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        if let Some(over) = &self.over {
            over.store(true, Ordering::Relaxed);
        }
    }
}

/// From a thread of its own, if there can be one: stderr may be what everything is stuck on.
fn say_if_possible(name: &str, text: &str) -> Done {
    let said = Done::default();
    let (line, by_speaker) = ((name.to_owned(), text.to_owned()), said.clone());
    let speaker = thread::Builder::new().spawn(move || {
        say::fatal(&line.0, &line.1);
        by_speaker.set();
    });
    if speaker.is_err() {
        say::fatal(name, text);
        said.set();
    }
    said.wait(budget::LAST_WORDS);
    said
}
