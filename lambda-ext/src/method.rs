//! The handler's methods, by name.

use std::fmt;

/// A method of the handler, as errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// `prepare`
    Prepare,
    /// `init`, or the constructor of that name.
    Init,
    /// `invoke`
    Invoke,
    /// `telemetry`
    Telemetry,
    /// `runtime_done`
    RuntimeDone,
    /// `tick`
    Tick,
    /// `thawed`
    Thawed,
    /// `shutdown`
    Shutdown,
}

impl Method {
    pub(crate) const ALL: [Self; 8] = [
        Self::Prepare,
        Self::Init,
        Self::Invoke,
        Self::Telemetry,
        Self::RuntimeDone,
        Self::Tick,
        Self::Thawed,
        Self::Shutdown,
    ];

    /// The method's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.names().0
    }

    /// The type under which its failures are reported.
    pub(crate) const fn error_type(self) -> &'static str {
        self.names().1
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Prepare => ("prepare", "Extension.PrepareFailed"),
            Self::Init => ("init", "Extension.InitFailed"),
            Self::Invoke => ("invoke", "Extension.InvokeFailed"),
            Self::Telemetry => ("telemetry", "Extension.TelemetryFailed"),
            Self::RuntimeDone => ("runtime_done", "Extension.RuntimeDoneFailed"),
            Self::Tick => ("tick", "Extension.TickFailed"),
            Self::Thawed => ("thawed", "Extension.ThawedFailed"),
            Self::Shutdown => ("shutdown", "Extension.ShutdownFailed"),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
