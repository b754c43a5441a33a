//! Each rule, on records made for it.

mod calls;
mod conduct;
mod story;
