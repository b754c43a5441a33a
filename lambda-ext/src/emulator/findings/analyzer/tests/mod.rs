//! Each rule, on records made for it.

mod calls;
mod end;
mod history;
mod story;
