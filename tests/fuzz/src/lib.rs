//! What the fuzz targets share.

mod event;
mod listening;
mod platform;

pub use event::{is_json, look_at};
pub use listening::{Listening, text_of};
pub use platform::{Request, platform};

/// One byte of what a target is given, to decide by; 0 where there is none.
pub fn byte(data: &mut &[u8]) -> u8 {
    let Some((first, rest)) = data.split_first() else {
        return 0;
    };
    *data = rest;
    *first
}
