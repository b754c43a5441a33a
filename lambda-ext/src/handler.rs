//! What an author writes: the handler, and how its value comes to be.

use std::time::Duration;

use crate::error::Error;
use crate::event::{EventType, InvokeEvent, ShutdownEvent};
use crate::register::Register;
use crate::telemetry::{Buffering, RuntimeDone, TelemetryBatch, TelemetryType};

/// The value that handles an extension's events, one at a time.
///
/// `#[lambda_extension]` writes this `impl`; write it by hand to run a handler without the
/// attribute. One value owns all the state and the event loop calls one method at a time on it,
/// so no method needs a lock, and its futures need not be `Send`.
///
/// An `Err` from any method is reported to the platform and ends the extension: an error before
/// the first event is an
/// [init error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html), a
/// later one an exit error. With [`Config::fail_open`] it is said on stderr, and the extension goes
/// on.
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
    /// It is cut at an `await` 100 ms before the function's deadline: what is not done by then
    /// would be the function's timeout.
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

    /// Called at the interval of [`Config::tick`], between the other methods: for what is not done
    /// for an event, as sending what was gathered.
    ///
    /// The interval is that of the wall clock, and begins anew with each call. While the environment
    /// is frozen nothing is called, and after it once, however long that was. The first call is an
    /// interval after `init`, and where one takes longer than the interval, the next is an interval
    /// after its end. It may be cut at an `await` as [`telemetry`](Self::telemetry) may; where `next`
    /// is held back for [`runtime_done`](Self::runtime_done), it delays that. Otherwise it keeps no
    /// environment awake, and may be frozen half-way.
    ///
    /// # Errors
    /// An error is reported as an exit error and ends the extension.
    async fn tick(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Called when the environment was frozen, before what comes after it is handled, if
    /// [`Config::thawed`] asks for that.
    ///
    /// It is the place to let go of what has gone stale: connections that the other side has closed
    /// meanwhile, credentials, cached values. `frozen_for` is the time for which this process did
    /// not run, by the wall clock, or up to a second more; what is shorter than two may not be
    /// noticed. A process that got no turn for so long for another reason cannot tell the difference.
    /// A method that was frozen half-way comes to its end first. It may be cut at an `await` as
    /// [`telemetry`](Self::telemetry) may.
    ///
    /// # Errors
    /// An error is reported as an exit error and ends the extension.
    async fn thawed(&mut self, frozen_for: Duration) -> Result<(), Error> {
        let _ = frozen_for;
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
    /// How often [`Handler::tick`] is called, if it is.
    pub tick: Option<Duration>,
    /// Whether [`Handler::thawed`] is called.
    pub thawed: bool,
    /// Whether the extension goes on when the handler fails; see [`Config::fail_open`].
    pub fail_open: bool,
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
            tick: None,
            thawed: false,
            fail_open: false,
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

    /// Has [`Handler::tick`] called at this interval, of a millisecond at least.
    #[must_use]
    pub const fn tick(mut self, interval: Duration) -> Self {
        self.tick = Some(interval);
        self
    }

    /// Has [`Handler::thawed`] called.
    #[must_use]
    pub const fn thawed(mut self) -> Self {
        self.thawed = true;
        self
    }

    /// Has the extension go on when the handler fails, so that the function is not failed with it.
    ///
    /// An `Err` is said on stderr, and the handler stays in use. A panic retires it: the extension
    /// goes on without it, and only waits for SHUTDOWN. So it does where `prepare` or a constructor
    /// has made no handler; these and `init` are given 5 s together. (After an `init` of a handler
    /// that exists, which fails or is cut, that is used as it is.) Telemetry that cannot be subscribed
    /// to is gone without.
    ///
    /// What this is no help against: a handler that blocks its thread, one that has the process
    /// exit, and a panic in a binary that is built with `panic = "abort"`.
    #[must_use]
    pub const fn fail_open(mut self) -> Self {
        self.fail_open = true;
        self
    }
}
