//! The metrics: one table of their labels, units and requirements.

use serde::Serialize;

/// A row of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Metric {
    ExecToRegister,
    ExecToFirstNext,
    StartCpu,
    StartPageFaults,
    FirstInvocation,
    Invocation,
    CpuPerInvocation,
    Rss,
    PeakRss,
    Threads,
    Connections,
    PageFaults,
    Shutdown,
    BinarySize,
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Unit {
    #[serde(rename = "µs")]
    Microseconds,
    #[serde(rename = "KiB")]
    Kibibytes,
    #[serde(rename = "count")]
    Count,
}

/// The condition for a metric to be available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Requirement {
    None,
    Proc,
    Invoke,
    InvokeAndProc,
    Shutdown,
}

impl Metric {
    /// All metrics, in the order of the report.
    pub(super) const ALL: [Self; 14] = [
        Self::ExecToRegister,
        Self::ExecToFirstNext,
        Self::StartCpu,
        Self::StartPageFaults,
        Self::FirstInvocation,
        Self::Invocation,
        Self::CpuPerInvocation,
        Self::Rss,
        Self::PeakRss,
        Self::Threads,
        Self::Connections,
        Self::PageFaults,
        Self::Shutdown,
        Self::BinarySize,
    ];

    const fn definition(self) -> (&'static str, Unit, Requirement) {
        use Requirement::{Invoke, InvokeAndProc, None, Proc, Shutdown};
        use Unit::{Count, Kibibytes, Microseconds};
        match self {
            Self::ExecToRegister => ("exec to register", Microseconds, None),
            Self::ExecToFirstNext => ("cold start: exec to first next", Microseconds, None),
            Self::StartCpu => ("CPU until first next", Microseconds, Proc),
            Self::StartPageFaults => ("page faults until first next", Count, Proc),
            Self::FirstInvocation => ("first INVOKE to next", Microseconds, Invoke),
            Self::Invocation => ("INVOKE to next", Microseconds, Invoke),
            Self::CpuPerInvocation => ("CPU per invocation", Microseconds, InvokeAndProc),
            Self::Rss => ("resident memory", Kibibytes, Proc),
            Self::PeakRss => ("peak resident memory", Kibibytes, Proc),
            Self::Threads => ("threads", Count, Proc),
            Self::Connections => ("connections to the platform", Count, Proc),
            Self::PageFaults => ("page faults in total", Count, Proc),
            Self::Shutdown => ("SHUTDOWN to process exit", Microseconds, Shutdown),
            Self::BinarySize => ("binary size", Kibibytes, None),
        }
    }

    /// The label in tables, with the unit.
    pub(super) fn label(self) -> String {
        let (label, unit, _) = self.definition();
        match unit {
            Unit::Microseconds => format!("{label}, µs"),
            Unit::Kibibytes => format!("{label}, KiB"),
            Unit::Count => label.to_owned(),
        }
    }

    pub(super) const fn unit(self) -> Unit {
        self.definition().1
    }

    /// The reason if the metric is not available.
    pub(super) const fn unavailable_reason(self) -> &'static str {
        match self.definition().2 {
            Requirement::None => "not observed at every start",
            Requirement::Proc => "needs Linux's /proc",
            Requirement::Invoke => "not registered for INVOKE",
            Requirement::InvokeAndProc => "needs INVOKE and Linux's /proc",
            Requirement::Shutdown => "not registered for SHUTDOWN",
        }
    }
}
