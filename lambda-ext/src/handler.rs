//! What an author writes: the handler, and how its value comes to be.

use crate::{
    Buffering, Error, EventType, InvokeEvent, Register, RuntimeDone, ShutdownEvent, TelemetryBatch,
    TelemetryType,
};

/// The value that handles an extension's events, one at a time.
///
/// `#[lambda_extension]` writes this `impl`; write it by hand to run a handler without the
/// attribute. One value owns all the state and the event loop calls one method at a time on it,
/// so no method needs a lock, and its futures need not be `Send`.
///
/// An `Err` from any method is reported to the platform and ends the extension: an error before
/// the first event is an
/// [init error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html), a
/// later one an exit error.
#[allow(async_fn_in_trait)] // that the futures need not be `Send` is the point
pub trait Handler: Sized + 'static {
    /// What to register for.
    const CONFIG: Config;

    /// Called once, after the extension is registered and before its first event.
    ///
    /// # Errors
    /// An error is reported as an init error and ends the extension.
    async fn init(&mut self, register: Register) -> Result<(), Error> {
        drop(register);
        Ok(())
    }

    /// Called for each invocation of the function, at about the time the function is called.
    ///
    /// # Errors
    /// An error is reported as an exit error and ends the extension.
    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        drop(event);
        Ok(())
    }

    /// Called for each delivery of the telemetry that is subscribed to, between the other methods.
    ///
    /// That is what [`Config::telemetry`] names. It may be cut at an `await` by an event that has
    /// come: after a quarter of the time that this leaves, and 500 ms at most, or at SHUTDOWN after
    /// half of it. The batch then counts as dropped.
    ///
    /// # Errors
    /// An error is reported as an exit error and ends the extension.
    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), Error> {
        drop(batch);
        Ok(())
    }

    /// Called once the function is done with an invocation, after [`invoke`](Self::invoke) and
    /// before the next event is asked for, if [`Config::runtime_done`] asks for that.
    ///
    /// Where the function ran into its timeout or crashed, it is called at SHUTDOWN, before
    /// [`shutdown`](Self::shutdown), if that is registered for. It may be cut at an `await` as
    /// [`telemetry`](Self::telemetry) may: the next event is asked for 100 ms before the deadline,
    /// even if this still runs.
    ///
    /// # Errors
    /// An error is reported as an exit error and ends the extension.
    async fn runtime_done(&mut self, done: RuntimeDone) -> Result<(), Error> {
        drop(done);
        Ok(())
    }

    /// Called once, when the execution environment is about to end.
    ///
    /// # Errors
    /// An error is reported as an exit error; the extension ends in any case.
    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        drop(event);
        Ok(())
    }
}

/// How a [`Handler`]'s value comes to be, for [`launch`](crate::launch) and the generated `main`.
///
/// `#[lambda_extension]` writes this `impl` from the methods that it finds: a constructor `init`
/// makes the value from the registration, `prepare` makes it before the extension is registered,
/// and without either it is the type's `Default`.
#[allow(async_fn_in_trait)]
pub trait Launch: Handler {
    /// What exists before the extension is registered: the handler itself, or nothing yet.
    type Prepared;

    /// Runs before the extension is registered, and so before the function's runtime is started.
    ///
    /// # Errors
    /// An error is reported as an init error, for which the extension is registered first.
    async fn prepare() -> Result<Self::Prepared, Error>;

    /// Makes the value once the extension is registered; [`Handler::init`] follows.
    ///
    /// # Errors
    /// An error is reported as an init error and ends the extension.
    async fn create(prepared: Self::Prepared, register: &Register) -> Result<Self, Error>;
}

/// What a [`Handler`] asks of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The events to register for. None is legal: such an extension only prepares something and
    /// is killed, without notice, when the environment ends.
    pub events: &'static [EventType],
    /// The telemetry to hand to [`Handler::telemetry`]; none where it is not handled.
    pub telemetry: &'static [TelemetryType],
    /// How it is delivered.
    pub buffering: Buffering,
    /// Whether [`Handler::runtime_done`] is called.
    pub runtime_done: bool,
}

impl Config {
    /// Registers for these events.
    #[must_use]
    pub const fn new(events: &'static [EventType]) -> Self {
        Self {
            events,
            telemetry: &[],
            buffering: Buffering::new(),
            runtime_done: false,
        }
    }

    /// Whether any telemetry is asked for.
    pub(crate) const fn wants_telemetry(&self) -> bool {
        !self.telemetry.is_empty() || self.runtime_done
    }

    /// Subscribes to this telemetry.
    #[must_use]
    pub const fn telemetry(mut self, types: &'static [TelemetryType]) -> Self {
        self.telemetry = types;
        self
    }

    /// Has telemetry delivered like this.
    #[must_use]
    pub const fn buffering(mut self, buffering: Buffering) -> Self {
        self.buffering = buffering;
        self
    }

    /// Has [`Handler::runtime_done`] called.
    #[must_use]
    pub const fn runtime_done(mut self) -> Self {
        self.runtime_done = true;
        self
    }
}
