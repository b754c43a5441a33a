//! The end of an invocation.

/// The function is done with an invocation.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RuntimeDone {
    /// The invocation's request id.
    pub request_id: String,
}
