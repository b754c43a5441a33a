//! Panics as values.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panic {
    /// The panic's message.
    pub message: String,
    /// The panic's file, line and column. Only in a program with the generated `main`, which owns the
    /// process and its panic hook. (A hook that replaces that one has to call it.)
    pub location: Option<String>,
}

impl fmt::Display for Panic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("panicked")?;
        if let Some(location) = &self.location {
            write!(formatter, " at {location}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

thread_local! {
    /// The last panic of this thread, with its location, which the payload lacks.
    static LAST: Cell<Option<Panic>> = const { Cell::new(None) };
}

/// Runs the author's code outside of a method, a destructor or the text of an error. Returns `None` if
/// it panics.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    // The payload is the author's, too: its destructor may panic.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(std::mem::forget)
        .ok()
}

impl Panic {
    /// Converts the payload of a caught panic, on the thread that panicked.
    pub(crate) fn caught(payload: Box<dyn Any + Send>) -> Self {
        let message = message(&*payload).to_owned();
        // Its destructor is the author's, and may panic.
        std::mem::forget(payload);
        // The message of a panic that was resumed elsewhere differs from the last one here.
        let last = LAST.take().filter(|last| last.message == message);
        last.unwrap_or(Self {
            message,
            location: None,
        })
    }

    /// Converts what a panic hook receives.
    pub(crate) fn from_hook(info: &PanicHookInfo<'_>) -> Self {
        Self {
            message: message(info.payload()).to_owned(),
            location: info.location().map(ToString::to_string),
        }
    }

    /// Keeps this panic's location for [`caught`](Self::caught).
    pub(crate) fn remember(self) {
        LAST.set(Some(self));
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}
