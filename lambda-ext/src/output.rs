//! The return types that the author's methods and tasks may have.

use crate::error::Error;

/// The result of an event handler's method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a valid return type for an event handler",
    label = "expected `()` or `Result<(), E>` where `E: Into<lambda_ext::Error>`"
)]
pub trait HandlerOutput {
    /// Converts to the result that [`Handler`](crate::Handler)'s methods have.
    ///
    /// # Errors
    /// The author's.
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
    /// Converts to the result that the supervisor of tasks takes.
    ///
    /// # Errors
    /// The author's.
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

/// Names the return type of a function type.
pub trait Returns {
    /// The return type.
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

// The result of a task that never ends, such as a loop: `!`, which has no name on stable Rust.
impl TaskOutput for <fn() -> ! as Returns>::Output {
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
    /// Converts to the result that [`Launch`](crate::Launch)'s functions have.
    ///
    /// # Errors
    /// The author's.
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
