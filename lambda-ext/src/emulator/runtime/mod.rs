//! The function's runtime: built in, or a client of the Runtime API.

mod running;
mod state;

pub(super) use self::running::RunningInvocation;
pub(super) use self::state::{Runtime, RuntimeKind};
