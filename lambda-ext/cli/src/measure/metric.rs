//! What is measured: one table of the rows, their names and their units.

use serde::{Serialize, Serializer};

/// One row of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Metric {
    ExecToRegister,
    ExecToNext,
    StartCpu,
    StartFaults,
    FirstInvocation,
    Invocation,
    InvocationCpu,
    Rss,
    PeakRss,
    Threads,
    Connections,
    Faults,
    Shutdown,
    BinarySize,
}

/// What a row's numbers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "µs")]
    Microseconds,
    #[serde(rename = "KiB")]
    Kibibytes,
    #[serde(rename = "count")]
    Count,
}

/// Without which a row has no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Proc,
    Invoke,
    InvokeAndProc,
    Shutdown,
}

impl Metric {
    /// Every row, in the report's order.
    pub(crate) const ALL: [Self; 14] = [
        Self::ExecToRegister,
        Self::ExecToNext,
        Self::StartCpu,
        Self::StartFaults,
        Self::FirstInvocation,
        Self::Invocation,
        Self::InvocationCpu,
        Self::Rss,
        Self::PeakRss,
        Self::Threads,
        Self::Connections,
        Self::Faults,
        Self::Shutdown,
        Self::BinarySize,
    ];

    /// Its key in JSON, its name, its unit, its needs.
    const fn row(self) -> (&'static str, &'static str, Unit, Needs) {
        use Unit::{Count, Kibibytes, Microseconds};
        match self {
            Self::ExecToRegister => (
                "exec_to_register",
                "exec to register",
                Microseconds,
                Needs::Nothing,
            ),
            Self::ExecToNext => (
                "exec_to_first_next",
                "cold start: exec to first next",
                Microseconds,
                Needs::Nothing,
            ),
            Self::StartCpu => (
                "start_cpu",
                "CPU until first next",
                Microseconds,
                Needs::Proc,
            ),
            Self::StartFaults => (
                "start_page_faults",
                "page faults until first next",
                Count,
                Needs::Proc,
            ),
            Self::FirstInvocation => (
                "first_invocation",
                "first INVOKE to next",
                Microseconds,
                Needs::Invoke,
            ),
            Self::Invocation => ("invocation", "INVOKE to next", Microseconds, Needs::Invoke),
            Self::InvocationCpu => (
                "cpu_per_invocation",
                "CPU per invocation",
                Microseconds,
                Needs::InvokeAndProc,
            ),
            Self::Rss => ("rss", "resident memory", Kibibytes, Needs::Proc),
            Self::PeakRss => ("peak_rss", "resident memory, peak", Kibibytes, Needs::Proc),
            Self::Threads => ("threads", "threads", Count, Needs::Proc),
            Self::Connections => (
                "connections",
                "connections to the platform",
                Count,
                Needs::Proc,
            ),
            Self::Faults => ("page_faults", "page faults in its life", Count, Needs::Proc),
            Self::Shutdown => (
                "shutdown",
                "SHUTDOWN to process gone",
                Microseconds,
                Needs::Shutdown,
            ),
            Self::BinarySize => ("binary_size", "binary", Kibibytes, Needs::Nothing),
        }
    }

    /// Its key in JSON.
    pub(crate) const fn key(self) -> &'static str {
        self.row().0
    }

    /// Its name.
    pub(crate) const fn label(self) -> &'static str {
        self.row().1
    }

    /// What its numbers count.
    pub(crate) const fn unit(self) -> Unit {
        self.row().2
    }

    /// Why it would have no numbers.
    pub(crate) const fn want(self) -> &'static str {
        match self.row().3 {
            Needs::Nothing => "it was not seen at every start",
            Needs::Proc => "that takes Linux's /proc",
            Needs::Invoke => "it does not take INVOKE",
            Needs::InvokeAndProc => "that takes INVOKE, and Linux's /proc",
            Needs::Shutdown => "it does not take SHUTDOWN",
        }
    }
}

impl Unit {
    /// As it is written behind a number; nothing for a count.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Kibibytes => "KiB",
            Self::Count => "",
        }
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}
