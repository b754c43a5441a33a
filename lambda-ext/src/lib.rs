//! A framework for [AWS Lambda extensions]: a struct, its methods and one attribute.
//!
//! ```no_run
//! use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};
//!
//! struct Audit {
//!     function: String,
//!     invocations: u64,
//! }
//!
//! #[lambda_extension(events = [Invoke, Shutdown])]
//! impl Audit {
//!     async fn init(register: Register) -> Result<Self, Error> {
//!         Ok(Self { function: register.function_name, invocations: 0 })
//!     }
//!
//!     async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
//!         self.invocations += 1;
//!         println!("{} {} ({:?} left)", self.function, event.request_id, event.timeout());
//!         Ok(())
//!     }
//!
//!     async fn shutdown(&mut self, event: ShutdownEvent) {
//!         println!("{:?} after {} invocations", event.shutdown_reason, self.invocations);
//!     }
//! }
//! ```
//!
//! # The model
//!
//! | Lambda | the extension | the function |
//! |---|---|---|
//! | starts every extension | `prepare`, then registers | |
//! | starts the function's runtime once all have registered | `init`, then asks for its first event | loads |
//! | invokes | `invoke`, then asks for the next event | runs |
//! | freezes everything once all are done | | |
//! | ends the environment | `shutdown`, then leaves | gone |
//!
//! - **One value has all the state**, and one method at a time is called on it: no locks, no `Send`.
//! - **An invocation lasts until the slowest is done**, function or extension, and is billed that
//!   long; [`InvokeEvent::deadline`] holds for all. What the function needs at its first line, a
//!   local server or a file, belongs in `prepare`.
//! - **A failure is fatal, and told.** An `Err` or a panic is reported to Lambda with its text and
//!   causes, goes to stderr as one line, and ends the extension with exit code 1; the platform
//!   then fails the function's invocation. With [`fail_open`](Config::fail_open) it is a line on
//!   stderr, and the function goes on.
//! - **Every wait is bounded**; [below](#budgets) is by what.
//! - **An operator can switch it off**, without a deployment of code, by the environment variable
//!   `LAMBDA_EXT_DISABLED`: `true` (or `1`, `yes`, `on`), or the names of the extensions that are meant,
//!   with commas. It then registers for no event and stays idle, and nothing of the handler's is called;
//!   a function that needs it has to do without.
//!
//! # Between the events
//!
//! Between invocations the environment is frozen, for hours perhaps, in the middle of whatever is done
//! then. Timers come late, all at once; connections to the outside are closed at the other end.
//!
//! - [`tick`](Handler::tick) is called at an interval, by the wall clock, and once after a freeze. It
//!   keeps no environment awake: where the function is done, it is frozen in the middle, and goes on
//!   after that. What has to be sent before is sent in `runtime_done`.
//! - [`thawed`](Handler::thawed) is called when there was a freeze, before what is called after it. (A
//!   method that was running then runs on, and comes to its end first.)
//! - [`spawn`] runs a task beside the handler: what has to answer at any time, as a local server does.
//! - A [`Deadline`] is what is left of the time to an event's deadline, and shares of it.
//!
//! # Budgets
//!
//! | what | has |
//! |---|---|
//! | to register, and to subscribe to telemetry | 5 s each, with the repeats of what the platform calls temporary |
//! | `prepare` and `init` together, with `fail_open` | 5 s; without, what Lambda gives to init, and a line after 5 s |
//! | `invoke` | to 100 ms before the deadline |
//! | `telemetry`, `runtime_done`, `tick` or `thawed`, when an event has come | a quarter of the time that it leaves, 500 ms at most |
//! | the end of an invocation, for which the next event is not asked | to 100 ms before the deadline |
//! | what of telemetry comes at SHUTDOWN | until the last report is in or for 300 ms of quiet, half of the time at most |
//! | `shutdown` | to 150 ms before the deadline; a process that blocks is ended 50 ms before it |
//! | an error report | 500 ms |
//! | a method that runs when a signal comes | 500 ms, then `shutdown` 2 s |
//!
//! A method is cut at an `await`, and a line says which and after how long (of `telemetry`, the next
//! batch tells what was dropped). Where a platform tells no
//! deadline, nothing is cut for it, and SHUTDOWN has 2 s.
//!
//! **What blocks its thread cannot be cut**: nothing else runs there, and the function waits for it, to
//! its timeout. Only what blocks once SHUTDOWN has come is ended, with its process. What has to block
//! belongs into `tokio::task::spawn_blocking`.
//!
//! # Telemetry
//!
//! `telemetry = [Platform, Function]` subscribes to what the platform tells of invocations and to what
//! the function prints; the method `telemetry` gets it in batches. `runtime_done` is called when
//! the function is done with an invocation, before the next event is asked for: what is sent there
//! is not caught half-way by a freeze.
//!
//! ```no_run
//! use lambda_ext::telemetry::{OwnedTelemetryEvent, TelemetryRecord};
//! use lambda_ext::{Error, RuntimeDone, ShutdownEvent, TelemetryBatch, lambda_extension};
//!
//! #[derive(Default)]
//! struct Shipper {
//!     pending: Vec<OwnedTelemetryEvent>,
//! }
//!
//! #[lambda_extension(telemetry = [Platform, Function])]
//! impl Shipper {
//!     async fn telemetry(&mut self, batch: TelemetryBatch) {
//!         for event in &batch {
//!             match &event.record {
//!                 TelemetryRecord::Function(_) => self.pending.push(event.to_owned()),
//!                 TelemetryRecord::PlatformReport(report) => println!("{:?}", report.metrics),
//!                 _ => {}
//!             }
//!         }
//!     }
//!
//!     async fn runtime_done(&mut self, _: RuntimeDone) {
//!         self.flush().await;
//!     }
//!
//!     async fn shutdown(&mut self, _: ShutdownEvent) {
//!         self.flush().await;
//!     }
//!
//!     async fn flush(&mut self) {
//!         // Nothing is forgotten before it has been sent: the next flush tries again.
//!         match self.send_pending().await {
//!             Ok(()) => self.pending.clear(),
//!             // An `Err` of a method would fail the function's invocation.
//!             Err(error) => eprintln!("{} events wait: {error}", self.pending.len()),
//!         }
//!     }
//!
//!     async fn send_pending(&self) -> Result<(), Error> {
//!         // An event serializes as it came.
//!         send(serde_json::to_string(&self.pending)?).await
//!     }
//! }
//! # async fn send(_: String) -> Result<(), Error> { Ok(()) }
//! ```
//!
//! - **Nothing waits for the handler.** Batches are answered when they are queued, also while a method
//!   waits at an `await`. `telemetry` is called between the other methods, and while the next event is
//!   waited for.
//! - **Nothing is lost in silence.** The queue takes 8 MiB; what comes while it is full, and a batch whose
//!   `telemetry` was cut, is counted in the next batch's [`dropped`](TelemetryBatch::dropped). At SHUTDOWN
//!   what was received, and what comes until the last invocation's report, is handed over before
//!   `shutdown`. An extension that handles no `Invoke` cannot tell which is the last, and leaves after
//!   300 ms in which nothing has come.
//! - **`runtime_done` is billed.** The invocation lasts until it returns, plus the 25 ms for which the
//!   platform collects telemetry by then. Without it, what is sent is sent between invocations, when the
//!   environment may be frozen at any time.
//! - **It is no reason for a timeout.** 100 ms before the deadline the next event is asked for in any
//!   case. The end of a function that ran into its timeout, or crashed, comes at SHUTDOWN, before
//!   `shutdown`; one that is later than its invocation for another reason comes during the next. An
//!   end that is missing altogether, or two that are late in a row, stop the waiting, and a line says so.
//! - **Both methods may be cut**, at an `await`: an event that has come waits for them for a quarter of the
//!   time that it leaves, and no longer than 500 ms. Take out of `self` only what has been sent. A
//!   method that blocks the thread cannot be cut, and keeps everything else from running.
//! - **Not everywhere.** Local platforms have no telemetry mostly, and Managed Instances no ends of
//!   invocations: a line says so, and the extension goes on without.
//! - **Do not print in `telemetry`** where [`TelemetryType::Extension`] is subscribed to: it comes back.
//!
//! Tests run handlers under the `emulator` (a feature); [`run`] and [`launch`] run them without the
//! generated `main`; [`Client`] is for event loops of one's own.
//!
//! # Cost
//!
//! One thread, one connection, no TLS. Every dependency starts with every cold start, so nothing is
//! on by default; features are `emulator`, for tests, and `cli`, the command `lambda-ext`. A release
//! build without a profile of its own is twice as large as it has to be:
//!
//! ```toml
//! [profile.release]
//! lto = "fat"
//! codegen-units = 1
//! panic = "abort" # "unwind" with `fail_open`
//! strip = true
//! ```
//!
//! What each line gives, and what an extension that does nothing costs, is in the repository's
//! `BENCHMARKS.md`.
//!
//! [AWS Lambda extensions]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-extensions.html

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod budget;
mod client;
mod clock;
mod deadline;
mod done;
#[cfg(feature = "emulator")]
pub mod emulator;
mod entry;
mod error;
mod event;
mod extension;
mod handler;
mod json;
mod lifecycle;
mod panic;
mod process;
mod register;
mod report;
mod stderr;
mod switch;
mod tasks;
pub mod telemetry;
mod tracing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use client::{Client, ErrorReporter, RegisteredClient};
pub use deadline::Deadline;
pub use error::{ClientError, Error, ExtensionError, Method, Refusal, RunError};
pub use event::{Event, EventType, InvokeEvent, ShutdownEvent, ShutdownReason};
pub use extension::{Extension, ExtensionBuilder, launch, run};
pub use handler::{Config, Handler, Launch};
#[doc = include_str!("lambda_extension.md")]
pub use lambda_ext_macros::lambda_extension;
pub use panic::Panic;
pub use register::Register;
pub use report::{ErrorRequest, StatusResponse};
pub use tasks::spawn;
pub use telemetry::{
    Buffering, OwnedTelemetryEvent, RuntimeDone, TelemetryBatch, TelemetryEvent, TelemetryRecord,
    TelemetryType,
};
pub use tracing::Tracing;
