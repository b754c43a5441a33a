//! What the framework has to say, and to whom: the one place that speaks.
//!
//! - **What ends the extension** ([`fatal`]) and **what an operator must know** ([`warn`]) is always
//!   said. Without the feature `tracing`, or where no subscriber is set, it is a line on stderr.
//!   Otherwise it is an event, and the subscriber's: that one knows the format, and which levels are
//!   wanted. What ends the extension is a line on stderr nevertheless if the subscriber does not want it:
//!   a filter that names the author's crate only, which is usual, must not hide why an extension left.
//! - **The story** ([`story!`]), what happens from the registration to the exit, is for who looks for a
//!   mistake. It is events only, and without the feature nothing of it is compiled.
//!
//! ERROR is what ends the extension, WARN what it goes on after; the story is DEBUG, and TRACE where it
//! is about each batch or each request.

pub(crate) mod echo;
mod span;

use std::fmt::Display;
use std::time::Duration;

pub(crate) use self::span::Span;
use crate::stderr;

/// How long no more is said about the same thing: what comes with every invocation would fill a log.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// The target of all events, whatever module they are from.
#[cfg(feature = "tracing")]
pub(crate) const TARGET: &str = "lambda_ext";

/// Says what ends the extension.
pub(crate) fn fatal(name: &str, text: impl Display) {
    #[cfg(feature = "tracing")]
    if ::tracing::event_enabled!(target: TARGET, ::tracing::Level::ERROR) {
        let text = stderr::readable(&text.to_string());
        ::tracing::error!(target: TARGET, extension = name, "{text}");
        return;
    }
    stderr::line(name, text);
}

/// Says what an operator must know, and what the extension goes on after.
pub(crate) fn warn(name: &str, text: impl Display) {
    #[cfg(feature = "tracing")]
    if has_subscriber() {
        let text = stderr::readable(&text.to_string());
        ::tracing::warn!(target: TARGET, extension = name, "{text}");
        return;
    }
    stderr::line(name, text);
}

/// Not whether one has ever been set: a scoped one may be gone.
#[cfg(feature = "tracing")]
fn has_subscriber() -> bool {
    use ::tracing::{dispatcher, subscriber::NoSubscriber};
    dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>())
}

/// Tells what happens, as an event at the level `debug` or `trace`.
#[cfg(feature = "tracing")]
macro_rules! story {
    ($level:ident, $($event:tt)*) => {
        ::tracing::$level!(target: $crate::say::TARGET, $($event)*)
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! story {
    ($($event:tt)*) => {};
}

pub(crate) use story;
