//! Each rule, on records made for it.

mod calls;
mod conduct;
mod end;
mod story;
