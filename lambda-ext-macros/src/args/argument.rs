//! The table of the attribute's arguments.

use super::setting::{Setting, Syntax};
use crate::keyword::Keyword;

/// An argument of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// The events to register for.
    Events,
    /// The telemetry to subscribe to.
    Telemetry,
    /// The limits at which the platform closes a batch of telemetry.
    Buffering,
    /// The interval of `tick`.
    TickMs,
    /// The choice to continue after a handler fails.
    FailOpen,
    /// The choice to run in the function's own process.
    Internal,
    /// The runtime of the generated `main`.
    Flavor,
    /// The threads of that runtime.
    WorkerThreads,
    /// The choice to generate a `main`.
    Main,
    /// The path of the runtime crate.
    Crate,
}

/// The properties of an argument.
struct Spec {
    name: &'static str,
    /// Completes "`name` must be".
    must_be: &'static str,
    /// A valid use of the argument.
    example: &'static str,
}

impl Argument {
    #[rustfmt::skip]
    const fn spec(self) -> Spec {
        match self {
            Self::Events => Spec { name: "events", must_be: "a list in brackets", example: "events = [Invoke, Shutdown]" },
            Self::Telemetry => Spec { name: "telemetry", must_be: "a list in brackets", example: "telemetry = [Platform, Function]" },
            Self::Buffering => Spec { name: "buffering", must_be: "followed by limits in parentheses", example: "buffering(timeout_ms = 100)" },
            Self::TickMs => Spec { name: "tick_ms", must_be: "a whole number of milliseconds between 1 and 4294967295", example: "tick_ms = 10_000" },
            Self::FailOpen => Spec { name: "fail_open", must_be: "written without a value", example: "fail_open" },
            Self::Internal => Spec { name: "internal", must_be: "written without a value", example: "internal" },
            Self::Flavor => Spec { name: "flavor", must_be: "a string", example: "flavor = \"multi_thread\"" },
            Self::WorkerThreads => Spec { name: "worker_threads", must_be: "a whole number of at least 1", example: "worker_threads = 2" },
            Self::Main => Spec { name: "main", must_be: "`true` or `false`", example: "main = false" },
            Self::Crate => Spec { name: "crate", must_be: "a path", example: "crate = ::path::to::lambda_ext" },
        }
    }
}

impl Keyword for Argument {
    const ALL: &'static [Self] = &[
        Self::Events,
        Self::Telemetry,
        Self::Buffering,
        Self::TickMs,
        Self::FailOpen,
        Self::Internal,
        Self::Flavor,
        Self::WorkerThreads,
        Self::Main,
        Self::Crate,
    ];
    const NOUN: (&'static str, &'static str) = ("an", "argument");

    fn name(self) -> &'static str {
        self.spec().name
    }
}

impl Setting for Argument {
    fn must_be(self) -> String {
        self.spec().must_be.to_owned()
    }

    fn example(self) -> &'static str {
        self.spec().example
    }

    fn syntax(self) -> Syntax {
        match self {
            Self::Buffering => Syntax::Parenthesized,
            Self::FailOpen | Self::Internal => Syntax::Flag,
            _ => Syntax::Assignment,
        }
    }
}
