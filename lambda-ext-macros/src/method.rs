//! The table of methods, with the event and the parameter of each.

use crate::keyword::Keyword;

/// A method that the attribute recognizes by its name.
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
    /// Handles [`Event::Invoke`], too, when the function has finished.
    RuntimeDone,
    /// Runs at an interval.
    Tick,
    /// Runs after a freeze.
    Thawed,
    /// Handles [`Event::Shutdown`].
    Shutdown,
}

/// A lifecycle event that an extension may register for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The function is invoked.
    Invoke,
    /// The execution environment ends.
    Shutdown,
}

/// The properties of a method.
struct Spec {
    name: &'static str,
    /// The event that the method handles. Several methods can handle one event.
    event: Option<Event>,
    /// The name and the type of its only parameter.
    parameter: Option<(&'static str, Payload)>,
}

/// The type of a method's parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// A type in the root of the runtime crate.
    Crate(&'static str),
    /// `core::time::Duration`
    Duration,
}

impl Payload {
    /// Returns the name as the author writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crate(name) => name,
            Self::Duration => "Duration",
        }
    }
}

impl Method {
    /// All methods.
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
    const fn spec(self) -> Spec {
        use Payload::{Crate, Duration};
        match self {
            Self::Prepare => Spec { name: "prepare", event: None, parameter: None },
            Self::Init => Spec { name: "init", event: None, parameter: Some(("register", Crate("Register"))) },
            Self::Invoke => Spec { name: "invoke", event: Some(Event::Invoke), parameter: Some(("event", Crate("InvokeEvent"))) },
            Self::Telemetry => Spec { name: "telemetry", event: None, parameter: Some(("batch", Crate("TelemetryBatch"))) },
            Self::RuntimeDone => Spec { name: "runtime_done", event: Some(Event::Invoke), parameter: Some(("done", Crate("RuntimeDone"))) },
            Self::Tick => Spec { name: "tick", event: None, parameter: None },
            Self::Thawed => Spec { name: "thawed", event: None, parameter: Some(("frozen_for", Duration)) },
            Self::Shutdown => Spec { name: "shutdown", event: Some(Event::Shutdown), parameter: Some(("event", Crate("ShutdownEvent"))) },
        }
    }

    /// Returns the method with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Returns the name as the author writes it.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns the event that the method handles.
    pub const fn event(self) -> Option<Event> {
        self.spec().event
    }

    /// Returns the name and the type of the parameter besides `self`.
    pub const fn parameter(self) -> Option<(&'static str, Payload)> {
        self.spec().parameter
    }

    /// Renders the signature of the handler, without its return type.
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

impl Keyword for Event {
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
    /// Returns the methods that handle the event. One of them is enough.
    pub fn handlers(self) -> impl Iterator<Item = Method> {
        let methods = Method::ALL.into_iter();
        methods.filter(move |method| method.event() == Some(self))
    }

    /// Returns the handler that messages suggest.
    pub const fn handler(self) -> Method {
        match self {
            Self::Invoke => Method::Invoke,
            Self::Shutdown => Method::Shutdown,
        }
    }
}
