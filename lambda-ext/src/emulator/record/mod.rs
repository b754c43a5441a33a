//! The record of an environment: its steps, queries, and the timeline.

mod cost;
mod line;
mod phases;
mod serial;
mod show;
mod step;
mod steps;
mod text;
mod timeline;

pub use self::cost::{Cost, Overhead};
pub(super) use self::line::describe_exit;
pub use self::phases::PhaseTime;
pub(super) use self::serial::milliseconds;
pub use self::step::{KillReason, Phase, Request, Step, StepKind};
pub use self::steps::Record;
pub use self::text::format_duration;
pub use self::timeline::Timeline;
