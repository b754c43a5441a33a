//! The functions and traits that generated code uses. Not part of the public API.

pub use std::process::ExitCode;

pub use crate::entry::{main, main_multi_thread};
pub use crate::output::{ConstructorOutput, HandlerOutput, TaskOutput};

/// Refuses an attribute in a submodule, where the generated `main` would not be the program's.
pub const fn assert_crate_root(module_path: &str) {
    let path = module_path.as_bytes();
    let mut at = 0;
    while at < path.len() {
        assert!(
            path[at] != b':',
            "`#[lambda_extension]` must be used at the crate root, because it defines `fn main`"
        );
        at += 1;
    }
}
