//! stub
/// Event type
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// An invocation of the function
    Invoke,
    /// The end of the execution environment
    Shutdown,
}
/// stub
#[derive(Debug)]
#[non_exhaustive]
pub struct InvokeEvent {
    /// id
    pub request_id: String,
}
/// stub
#[derive(Debug)]
#[non_exhaustive]
pub struct ShutdownEvent {}
