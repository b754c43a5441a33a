//! What the generated code calls. Not part of the public interface.

pub use crate::entry::{main, main_multi_thread};
pub use std::process::ExitCode;

use crate::Error;

/// The result of an event handler's method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a valid return type for an event handler",
    label = "expected `()` or `Result<(), E>` where `E: Into<lambda_ext::Error>`"
)]
pub trait HandlerOutput {
    /// As the [`Handler`](crate::Handler) trait has it.
    fn into_result(self) -> Result<(), Error>;
}

impl HandlerOutput for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> HandlerOutput for Result<(), E> {
    fn into_result(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// The result of a task.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a valid result of a task",
    label = "expected `()` or `Result<(), E>` where `E: Into<lambda_ext::Error>`"
)]
pub trait TaskOutput {
    /// As the supervisor has it.
    fn into_result(self) -> Result<(), Error>;
}

impl TaskOutput for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> TaskOutput for Result<(), E> {
    fn into_result(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// What a function returns, by the function's type.
pub trait Returns {
    /// The type.
    type Of;
}

impl<T> Returns for fn() -> T {
    type Of = T;
}

// Of a task that never ends, such as one with a loop: `!`, which has no name of its own yet.
impl TaskOutput for <fn() -> ! as Returns>::Of {
    fn into_result(self) -> Result<(), Error> {
        self
    }
}

/// The result of `prepare` and of a constructor `init` of `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a valid return type for a constructor of `{T}`",
    label = "expected `Self` or `Result<Self, E>` where `E: Into<lambda_ext::Error>`"
)]
pub trait ConstructorOutput<T> {
    /// As the [`Launch`](crate::Launch) trait has it.
    fn into_result(self) -> Result<T, Error>;
}

impl<T> ConstructorOutput<T> for T {
    fn into_result(self) -> Result<T, Error> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, E: Into<Error>> ConstructorOutput<T> for Result<T, E> {
    fn into_result(self) -> Result<T, Error> {
        self.map_err(Into::into)
    }
}

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
