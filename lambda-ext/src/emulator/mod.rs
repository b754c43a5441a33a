//! A local Lambda for extensions, to test them on.
//!
//! It launches extensions as processes or runs them in the test's own, drives init, invocations and
//! shutdown, sends telemetry, makes what a test wants to go wrong, and holds every caller to the
//! platform's state machine, status codes and messages. What happened is kept as a [`Record`].
//!
//! A test of a handler, beside which a scenario runs:
//!
//! ```
//! use lambda_ext::emulator::{Call, Emulator, Invocation};
//! use lambda_ext::{Config, Error, EventType, Handler, InvokeEvent};
//!
//! #[derive(Default)]
//! struct Counter(u32);
//!
//! impl Handler for Counter {
//!     const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);
//!
//!     async fn invoke(&mut self, _: InvokeEvent) -> Result<(), Error> {
//!         self.0 += 1;
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let emulator = Emulator::start().await?;
//! let extension = emulator.extension("counter").run(Counter::default());
//! let counter = emulator.drive(extension, emulator.invoke(Invocation::default())).await?;
//! assert_eq!(counter.0, 1);
//!
//! let record = emulator.record();
//! record.assert_clean();
//! assert_eq!(record.calls("counter"), [Call::Register, Call::Next, Call::Next]);
//! # Ok(())
//! # }
//! ```
//!
//! After a reset, Lambda starts all extensions again; one of this process has to be made again, and
//! each life gives its own value back:
//!
//! ```
//! # use lambda_ext::emulator::{Emulator, Invocation, Outcome};
//! # use lambda_ext::{Config, Error, EventType, Handler};
//! # #[derive(Default)]
//! # struct Counter;
//! # impl Handler for Counter {
//! #     const CONFIG: Config = Config::new(&[EventType::Invoke, EventType::Shutdown]);
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let emulator = Emulator::start().await?;
//! let timeout = Invocation::default().outcome(Outcome::Timeout);
//! let first = emulator.extension("counter").run(Counter::default());
//! let first = emulator.drive(first, emulator.invoke(timeout)).await?;
//!
//! let second = emulator.extension("counter").run(Counter::default());
//! let second = emulator.drive(second, emulator.invoke(Invocation::default())).await?;
//!
//! emulator.record().assert_clean();
//! # Ok(())
//! # }
//! ```
//!
//! A test of an executable, in whatever language it is written; in `tests/`, so that cargo builds a
//! binary of the same package before:
//!
//! ```no_run
//! # use lambda_ext::emulator::{Emulator, Invocation, Outcome};
//! # use lambda_ext::ShutdownReason;
//! # async fn example() -> Result<(), lambda_ext::Error> {
//! # macro_rules! env { ($($name:tt)*) => { "my-extension" } }
//! let emulator = Emulator::builder()
//!     .executable(env!("CARGO_BIN_EXE_my-extension"))
//!     .env("LOG_LEVEL", "debug")
//!     .start()
//!     .await?;
//! emulator.invoke(Invocation::default().log("from the function")).await?;
//! emulator.invoke(Invocation::default().outcome(Outcome::Timeout)).await?;
//! // Started again by this one.
//! emulator.invoke(Invocation::default()).await?;
//! emulator.shutdown(ShutdownReason::Spindown).await?;
//! assert_eq!(emulator.record().exits("my-extension"), [Some(0), Some(0)]);
//! # Ok(())
//! # }
//! ```
//!
//! | on Lambda | here |
//! |---|---|
//! | init, also as part of an invocation after a reset | [`init`](Emulator::init), or by the first [`invoke`](Emulator::invoke) |
//! | an invocation, its duration and what becomes of it | [`Invocation`], [`Outcome`] |
//! | the caller has its response, extensions are still busy | [`call`](Emulator::call), [`settle`](Emulator::settle) |
//! | a freeze between invocations | [`freeze`](Emulator::freeze) |
//! | the end, the reset after a failure | [`shutdown`](Emulator::shutdown); a reset is part of what failed |
//! | SnapStart, provisioned concurrency, Managed Instances | [`Initialization`], [`restore`](Emulator::restore) |
//! | a function of your own | [`EmulatorBuilder::runtime`], [`EmulatorBuilder::attached_runtime`] |
//! | what goes wrong | [`inject`](Emulator::inject), [`inject_telemetry`](Emulator::inject_telemetry) |
//!
//! It is held to AWS's Runtime Interface Emulator, which is the platform's own code, by the same
//! requests to both.

mod agent;
mod answer;
mod builder;
mod call;
mod delivery;
mod error;
mod fault;
mod finding;
mod guest;
mod invocation;
mod lifecycle;
mod member;
mod platform;
mod process;
pub mod record;
mod recorder;
mod registration;
mod reply;
mod runtime;
mod server;
mod settings;
mod shared;
mod state;
mod telemetry;
mod wire;

use std::ffi::OsString;
use std::fmt;
use std::io;

use tokio::sync::Mutex;
use tokio::task::AbortHandle;

pub use self::builder::EmulatorBuilder;
pub use self::call::Call;
pub use self::error::EmulatorError;
pub use self::fault::{Fault, TelemetryFault};
pub use self::finding::Finding;
pub use self::guest::InProcess;
pub use self::invocation::{Invocation, Invoked, Outcome};
use self::lifecycle::Drive;
use self::member::Control;
pub use self::record::Record;
use self::record::What;
pub use self::settings::{Initialization, LogFormat, TelemetrySchema, TelemetrySupport};
use self::shared::Shared;
pub use self::state::State;
use self::telemetry::Category;
use crate::{Error, Extension, ShutdownReason};

/// One execution environment, with a function that does as each invocation says, or one of your
/// own.
///
/// Dropping it closes its APIs and ends the processes that it launched.
pub struct Emulator {
    runtime_api: String,
    environment: Vec<(OsString, OsString)>,
    runtime_environment: Vec<(OsString, OsString)>,
    shared: Shared,
    server: AbortHandle,
    drive: Mutex<Drive>,
}

impl Emulator {
    /// Starts one as it is by default.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Begins with an environment that has a function, and no extensions.
    #[must_use]
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// What `AWS_LAMBDA_RUNTIME_API` is set to: `127.0.0.1:` and the port.
    #[must_use]
    pub fn runtime_api(&self) -> &str {
        &self.runtime_api
    }

    /// Expects an external extension of this name in the next init, and begins one that runs in
    /// this process. It runs when its future is awaited, beside the scenario that drives the
    /// emulator; after a reset another one is needed.
    pub fn extension(&self, name: &str) -> InProcess {
        let extension = Extension::builder()
            .name(name)
            .runtime_api(&self.runtime_api)
            .managed(self.shared.look(|platform| platform.settings.managed()));
        InProcess::new(name, extension, self.shared.clone())
    }

    /// Runs an extension of this process beside a scenario, and gives it back. Where the scenario
    /// leaves the environment running, SHUTDOWN follows.
    ///
    /// Several extensions are one future with [`tokio::try_join!`].
    ///
    /// # Errors
    /// The first of what the extension and the scenario return, or of what fails at SHUTDOWN. The
    /// other is dropped then, so that no test waits for ever.
    pub async fn drive<T, E: Into<Error>, R, S: Into<Error>>(
        &self,
        extension: impl Future<Output = Result<T, E>>,
        scenario: impl Future<Output = Result<R, S>>,
    ) -> Result<T, Error> {
        let scenario = async {
            scenario.await.map_err(Into::into)?;
            self.shutdown(ShutdownReason::Spindown).await?;
            Ok::<_, Error>(())
        };
        let extension = async { extension.await.map_err(Into::into) };
        let (value, ()) = tokio::try_join!(extension, scenario)?;
        Ok(value)
    }

    /// Has the built-in function wait, in the next init, until an internal extension of this name
    /// has registered: one that a runtime of your own would register before its first invocation.
    pub fn expect_internal(&self, name: &str) {
        self.shared
            .change(|platform| platform.internals.push(name.to_owned()));
    }

    /// Makes the next call of this kind, whoever makes it, go wrong; with several faults one after
    /// the other.
    pub fn inject(&self, call: Call, fault: Fault) {
        self.shared
            .change(|platform| platform.faults.add(call, fault));
    }

    /// The faults whose call has not come: a test that wants them to have been met expects none.
    #[must_use]
    pub fn pending_faults(&self) -> Vec<(Call, Fault)> {
        self.shared.look(|platform| platform.faults.pending())
    }

    /// Makes the telemetry of one subscriber go wrong; false if there is none of that name.
    pub fn inject_telemetry(&self, extension: &str, fault: TelemetryFault) -> bool {
        self.shared
            .change(|platform| platform.telemetry.spoil(extension, fault))
    }

    /// A line that the function writes, at any time.
    pub fn log(&self, line: &str) {
        self.shared.change(|platform| {
            platform.tell_line(Category::Function, line);
            let line = line.to_owned();
            platform.note(What::FunctionOutput { line });
        });
    }

    /// What happened until now.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.look(|platform| platform.recorder.record())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.change(|platform| {
            platform.agents.clear();
            platform.telemetry.end();
            platform.runtime.end();
            for member in platform.members.values() {
                member.control(Control::Kill);
            }
        });
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Emulator")
            .field("runtime_api", &self.runtime_api)
            .finish_non_exhaustive()
    }
}
