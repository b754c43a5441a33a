//! The signals that end a process.

use std::ffi::c_int;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::pipe;
use tokio::net::UnixStream;

/// The end of the pair that a signal writes to.
type WriteEnd = std::os::unix::net::UnixStream;

const NAMES: [(c_int, &str); 2] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")];

/// Waits for the signals that end a process.
#[derive(Debug)]
pub(crate) struct Signals {
    /// The place in [`NAMES`] of the signal that came last, counted from one.
    last: Arc<AtomicUsize>,
    /// Readable once a signal has come.
    read_end: UnixStream,
    /// In the function's process: set once signals have their default action again.
    is_restored: Option<Arc<AtomicBool>>,
    received: Option<&'static str>,
}

impl Signals {
    /// Handles the signals of a process of our own.
    pub(super) fn owned() -> io::Result<Self> {
        let (signals, write_end) = Self::new()?;
        signals.register(SIGTERM, write_end.try_clone()?)?;
        signals.register(SIGINT, write_end)?;
        Ok(signals)
    }

    /// Handles the signal by which Lambda ends the function's process. The signal has its default action
    /// again once the value is dropped, because the process may be a test's.
    pub(super) fn internal() -> io::Result<Self> {
        let (mut signals, write_end) = Self::new()?;
        let is_restored = signals.is_restored.insert(Arc::default());
        flag::register_conditional_default(SIGTERM, Arc::clone(is_restored))?;
        signals.register(SIGTERM, write_end)?;
        Ok(signals)
    }

    fn new() -> io::Result<(Self, WriteEnd)> {
        let (read_end, write_end) = WriteEnd::pair()?;
        read_end.set_nonblocking(true)?;
        let signals = Self {
            last: Arc::default(),
            read_end: UnixStream::from_std(read_end)?,
            is_restored: None,
            received: None,
        };
        Ok((signals, write_end))
    }

    fn register(&self, signal: c_int, write_end: WriteEnd) -> io::Result<()> {
        let at = NAMES.iter().position(|(known, _)| *known == signal);
        let number = at.map_or(0, |at| at + 1);
        flag::register_usize(signal, Arc::clone(&self.last), number)?;
        pipe::register(signal, write_end).map(drop)
    }

    /// Returns the signal that [`recv`](Self::recv) has returned, if any.
    pub(super) fn received(&self) -> Option<&'static str> {
        self.received
    }

    /// Waits for a signal. The first one stays: later calls return it at once. Cancel safe.
    pub(super) async fn recv(&mut self) -> &'static str {
        if let Some(signal) = self.received {
            return signal;
        }
        // Fails only with the runtime, at the end of the process.
        let _ = self.read_end.readable().await;
        let number = self.last.load(Ordering::Relaxed);
        let signal = number.checked_sub(1).and_then(|at| NAMES.get(at));
        self.received
            .insert(signal.map_or("a signal", |(_, name)| name))
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        if let Some(is_restored) = &self.is_restored {
            is_restored.store(true, Ordering::Relaxed);
        }
    }
}
