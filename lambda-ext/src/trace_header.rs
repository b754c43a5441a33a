//! The trace header of an invocation.

use std::borrow::Cow;

use crate::json;

json::borrowed! {
    /// The trace header of an invocation: raw, and parsed on demand.
    ///
    /// See [AWS X-Ray: tracing header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
    pub struct Tracing<'a> {
        /// The header's name, `X-Amzn-Trace-Id` (`type` on the wire).
        pub kind: Cow<'a, str> = "type",
        /// The header's value, `Root=1-…;Parent=…;Sampled=1`; some local platforms send it empty.
        pub value: Cow<'a, str> = "value",
        /// The id of the segment that the platform makes for what this is part of, 16 hexadecimal
        /// digits. Only telemetry has it.
        pub span_id: Option<Cow<'a, str>> = "spanId",
    }
}

impl Tracing<'_> {
    /// The id of the trace, `1-68c1a2f0-0a1b2c3d4e5f60718293a4b5`.
    #[must_use]
    pub fn root(&self) -> Option<&str> {
        self.part("Root")
    }

    /// The id of the segment that called the function, 16 hexadecimal digits.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.part("Parent")
    }

    /// Whether the trace is recorded; `None` where that is not decided yet.
    #[must_use]
    pub fn sampled(&self) -> Option<bool> {
        match self.part("Sampled")? {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }

    /// The chain of functions that a recursive call went through.
    #[must_use]
    pub fn lineage(&self) -> Option<&str> {
        self.part("Lineage")
    }

    fn part(&self, name: &str) -> Option<&str> {
        self.value
            .split(';')
            .filter_map(|part| part.split_once('='))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}
