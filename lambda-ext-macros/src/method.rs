//! The one table: method ↔ event ↔ what the method takes.

use crate::word::Word;

/// A method that is known by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Makes the value before the extension is registered.
    Prepare,
    /// Makes the value from the registration, or sets up the one that exists.
    Init,
    /// Handles [`Event::Invoke`].
    Invoke,
    /// Handles a delivery of telemetry.
    Telemetry,
    /// Handles [`Event::Invoke`] too, once the function is done.
    RuntimeDone,
    /// Is called at an interval.
    Tick,
    /// Is called after a freeze.
    Thawed,
    /// Handles [`Event::Shutdown`].
    Shutdown,
}

/// A lifecycle event that an extension may register for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The function is called.
    Invoke,
    /// The execution environment ends.
    Shutdown,
}

/// What is known about a method.
struct Row {
    name: &'static str,
    /// The event that it handles, alone or with others.
    event: Option<Event>,
    /// Name and type of its one parameter.
    parameter: Option<(&'static str, Payload)>,
}

/// The type of what a method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// One of the runtime crate's root.
    Ours(&'static str),
    /// That of `core::time`.
    Duration,
}

impl Payload {
    /// As the author writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours(name) => name,
            Self::Duration => "Duration",
        }
    }
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 8] = [
        Self::Prepare,
        Self::Init,
        Self::Invoke,
        Self::Telemetry,
        Self::RuntimeDone,
        Self::Tick,
        Self::Thawed,
        Self::Shutdown,
    ];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        use Payload::{Duration, Ours};
        match self {
            Self::Prepare => Row { name: "prepare", event: None, parameter: None },
            Self::Init => Row { name: "init", event: None, parameter: Some(("register", Ours("Register"))) },
            Self::Invoke => Row { name: "invoke", event: Some(Event::Invoke), parameter: Some(("event", Ours("InvokeEvent"))) },
            Self::Telemetry => Row { name: "telemetry", event: None, parameter: Some(("batch", Ours("TelemetryBatch"))) },
            Self::RuntimeDone => Row { name: "runtime_done", event: Some(Event::Invoke), parameter: Some(("done", Ours("RuntimeDone"))) },
            Self::Tick => Row { name: "tick", event: None, parameter: None },
            Self::Thawed => Row { name: "thawed", event: None, parameter: Some(("frozen_for", Duration)) },
            Self::Shutdown => Row { name: "shutdown", event: Some(Event::Shutdown), parameter: Some(("event", Ours("ShutdownEvent"))) },
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// As the author writes it.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The event that it handles.
    pub const fn event(self) -> Option<Event> {
        self.row().event
    }

    /// Name and type of what it takes, if anything.
    pub const fn parameter(self) -> Option<(&'static str, Payload)> {
        self.row().parameter
    }

    /// How it is written as a handler, as far as its parameters.
    pub fn signature(self) -> String {
        let name = self.name();
        match self.parameter() {
            Some((parameter, payload)) => {
                let payload = payload.name();
                format!("async fn {name}(&mut self, {parameter}: {payload})")
            }
            None => format!("async fn {name}(&mut self)"),
        }
    }
}

impl Word for Event {
    const ALL: &'static [Self] = &[Self::Invoke, Self::Shutdown];
    const NOUN: (&'static str, &'static str) = ("an", "event");

    fn name(self) -> &'static str {
        match self {
            Self::Invoke => "Invoke",
            Self::Shutdown => "Shutdown",
        }
    }
}

impl Event {
    /// The methods that handle it: any will do.
    pub fn handlers(self) -> impl Iterator<Item = Method> {
        let methods = Method::ALL.into_iter();
        methods.filter(move |method| method.event() == Some(self))
    }

    /// The method that messages advise.
    pub const fn handler(self) -> Method {
        match self {
            Self::Invoke => Method::Invoke,
            Self::Shutdown => Method::Shutdown,
        }
    }
}
