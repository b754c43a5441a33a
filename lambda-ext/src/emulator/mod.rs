//! A local Lambda for extensions, to test them on.
//!
//! It launches extensions as processes or runs them in the test's own process, and drives init,
//! invocations, and shutdown. It sends telemetry, injects faults, and holds every caller to the
//! platform's state machine, status codes, and messages. A [`Record`] keeps what happened.
//!
//! A test of a handler, with a scenario beside it:
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
//! After a reset, Lambda starts all extensions again. An extension of this process has to be made
//! again, and each of its lives returns a value of its own:
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
//! A test of an executable, in any language. It belongs in `tests/`, so that cargo builds a binary of
//! the same package first:
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
//! // This one starts it again.
//! emulator.invoke(Invocation::default()).await?;
//! emulator.shutdown(ShutdownReason::Spindown).await?;
//! assert_eq!(emulator.record().exits("my-extension"), [Some(0), Some(0)]);
//! # Ok(())
//! # }
//! ```
//!
//! | on Lambda | in the emulator |
//! |---|---|
//! | init, also as part of an invocation after a reset | [`init`](Emulator::init), or by the first [`invoke`](Emulator::invoke) |
//! | an invocation, its duration and outcome | [`Invocation`], [`Outcome`] |
//! | the caller has its response, extensions are still busy | [`invoke_until_response`](Emulator::invoke_until_response), [`finish_invocation`](Emulator::finish_invocation) |
//! | a freeze between invocations | [`freeze`](Emulator::freeze) |
//! | shutdown, the reset after a failure | [`shutdown`](Emulator::shutdown); a reset is part of the failed phase |
//! | SnapStart, provisioned concurrency, Managed Instances | [`Initialization`], [`restore`](Emulator::restore) |
//! | a function of your own | [`EmulatorBuilder::runtime`], [`EmulatorBuilder::attached_runtime`] |
//! | faults | [`inject`](Emulator::inject), [`inject_telemetry`](Emulator::inject_telemetry) |
//!
//! Its tests send the same requests to AWS's Runtime Interface Emulator, which is the platform's own
//! code, and compare the answers.

mod builder;
mod call;
mod control;
mod delivery;
mod environment;
mod error;
mod extension_state;
mod extensions;
mod fault;
mod faulty_stream;
mod findings;
mod generation;
mod in_process;
mod incoming;
mod invocation;
mod lifecycle;
mod lifecycle_event;
mod limits;
mod platform;
mod process;
pub mod record;
mod recorder;
mod reply;
mod route;
mod runtime;
mod seam;
mod server;
mod settings;
mod shared;
mod telemetry;

pub use self::builder::EmulatorBuilder;
pub use self::call::Call;
pub use self::environment::Emulator;
pub use self::error::EmulatorError;
pub use self::extension_state::ExtensionState;
pub use self::fault::{Fault, TelemetryFault};
pub use self::findings::{Finding, Severity};
pub use self::in_process::InProcessExtension;
pub use self::invocation::{Invocation, InvocationResult, Outcome};
pub use self::record::Record;
pub use self::settings::{Initialization, LogFormat, TelemetrySchema, TelemetrySupport};
