//! The life of an extension under each fault at each step: what goes wrong, what came of it, and
//! whether that is right.

mod cell;
mod fault;
mod outcome;
mod relay;
mod table;

pub use self::cell::live;
pub use self::fault::{FAULTS, Fault, Place, STEPS, Step, Trouble};
pub use self::outcome::{Outcome, Seen, judge};
pub use self::table::{Row, cells, table};
