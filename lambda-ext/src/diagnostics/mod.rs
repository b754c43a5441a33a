//! Everything that the framework logs, and the place where it goes.
//!
//! - **Errors that end the extension** ([`fatal`]) and **warnings for the operator** ([`warn`]) are always
//!   logged. Without the feature `tracing`, or without a subscriber, each is a line on stderr. Otherwise it is
//!   an event, and the subscriber decides about formats and levels. An error that ends the extension is a
//!   line on stderr even if the subscriber filters it out: a filter that names the author's crate alone, which
//!   is usual, must not hide why an extension exited.
//! - **Lifecycle events** ([`lifecycle_event!`]), from the registration to the exit, are for debugging. They
//!   are events only, and without the feature they are not compiled.
//!
//! ERROR ends the extension, WARN does not. Lifecycle events are DEBUG, and TRACE where there is one for each
//! batch or request.

pub(crate) mod feedback;
mod span;
pub(crate) mod throttle;

use std::fmt::Display;
use std::io::Write as _;

pub(crate) use self::span::InvocationSpan;
use crate::text::one_line;

/// The target of all events, in every module.
#[cfg(feature = "tracing")]
pub(crate) const TARGET: &str = "lambda_ext";

/// Logs what ends the extension.
pub(crate) fn fatal(name: &str, text: impl Display) {
    #[cfg(feature = "tracing")]
    if ::tracing::event_enabled!(target: TARGET, ::tracing::Level::ERROR) {
        let text = one_line(&text.to_string());
        ::tracing::error!(target: TARGET, extension = name, "{text}");
        return;
    }
    write_line(name, text);
}

/// Logs what an operator must know, and what does not end the extension.
pub(crate) fn warn(name: &str, text: impl Display) {
    #[cfg(feature = "tracing")]
    if has_subscriber() {
        let text = one_line(&text.to_string());
        ::tracing::warn!(target: TARGET, extension = name, "{text}");
        return;
    }
    write_line(name, text);
}

/// Writes a line to stderr that begins with the extension's name.
fn write_line(name: &str, text: impl Display) {
    let mut line = one_line(&format!("{name}: {text}"));
    line.push('\n');
    // One write, so that lines of several threads do not mix. A closed stderr is no failure.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Tells whether there is a subscriber now, not whether one has ever been set: a scoped one may be gone.
#[cfg(feature = "tracing")]
fn has_subscriber() -> bool {
    use ::tracing::{dispatcher, subscriber::NoSubscriber};
    dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>())
}

/// Emits an event at the level `debug` or `trace`.
#[cfg(feature = "tracing")]
macro_rules! lifecycle_event {
    ($level:ident, $($event:tt)*) => {
        ::tracing::$level!(target: $crate::diagnostics::TARGET, $($event)*)
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! lifecycle_event {
    ($($event:tt)*) => {};
}

pub(crate) use lifecycle_event;
