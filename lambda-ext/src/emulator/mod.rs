//! A local Lambda for extensions: it launches them or lets tests run them in-process, drives init,
//! invocations and shutdown, and holds every caller to the platform's state machine, status codes
//! and messages.
//!
//! ```
//! use lambda_ext::emulator::{Emulator, Invocation};
//! use lambda_ext::{Config, Error, EventType, Extension, Handler, InvokeEvent, ShutdownReason};
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
//! let emulator = Emulator::builder().start().await?;
//! let extension = emulator.extension("counter").build()?;
//! let scenario = async {
//!     emulator.init().await?;
//!     emulator.invoke(Invocation::default()).await?;
//!     emulator.shutdown(ShutdownReason::Spindown).await
//! };
//! let (counter, outcome) = tokio::join!(extension.run(Counter::default()), scenario);
//! outcome?;
//! assert_eq!(counter?.0, 1);
//! # Ok(())
//! # }
//! ```
//!
//! An init that fails, an extension that leaves and an invocation that runs out of time end the
//! environment here; on Lambda the next invocation starts a new one.

mod builder;
mod call;
mod child;
mod error;
mod finding;
mod platform;
pub mod record;
mod registration;
mod reply;
mod server;
mod shared;
mod state;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

pub use self::builder::EmulatorBuilder;
pub use self::call::Call;
use self::child::Process;
pub use self::error::EmulatorError;
pub use self::finding::Finding;
use self::platform::{CurrentEvent, Platform};
pub use self::record::Record;
use self::record::{Phase, What};
use self::shared::Shared;
pub use self::state::State;
use crate::event::millis_ahead;
use crate::{EventType, Extension, ExtensionBuilder, ShutdownReason};

/// The time that init may take.
const INIT: Duration = Duration::from_secs(10);
/// The longest timeout of a function.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(900);
/// The time that shutdown may take.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// One execution environment, without a function: what the runtime would do is done at once.
///
/// Dropping it closes the API and ends the processes that it launched.
pub struct Emulator {
    runtime_api: String,
    environment: Vec<(OsString, OsString)>,
    shared: Shared,
    server: AbortHandle,
    processes: Mutex<BTreeMap<String, Process>>,
}

impl Emulator {
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

    /// Expects an external extension of this name, and begins one that runs in this process.
    #[must_use]
    pub fn extension(&self, name: &str) -> ExtensionBuilder {
        self.shared
            .change(|platform| platform.expected.insert(name.to_owned()));
        Extension::builder()
            .name(name)
            .runtime_api(&self.runtime_api)
    }

    /// Launches an executable as an external extension; its name is its file's.
    ///
    /// # Errors
    /// The file has no name or cannot be executed, or an extension of its name is there already.
    pub fn launch(&self, executable: impl AsRef<Path>) -> io::Result<()> {
        let executable = executable.as_ref();
        let name = executable
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
        let new = self.shared.change(|platform| {
            // Not that of another, which may run in this process or may have ended.
            let new = platform.expected.insert(name.to_owned());
            if new {
                platform.running.insert(name.to_owned());
            }
            new
        });
        if !new {
            let text = format!("there is an extension `{name}` already");
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        let process = Process::start(&self.shared, name, executable, &self.environment)
            .inspect_err(|_| {
                self.shared.change(|platform| {
                    platform.running.remove(name);
                    platform.expected.remove(name);
                });
            })?;
        self.processes().insert(name.to_owned(), process);
        Ok(())
    }

    /// Waits until every extension has registered and asked for its first event, which ends the
    /// init phase.
    ///
    /// # Errors
    /// An extension fails or leaves, or is not there within 10 s.
    pub async fn init(&self) -> Result<(), EmulatorError> {
        self.enter(Phase::Init { suppressed: false });
        let deadline = Instant::now() + INIT;
        self.gate(deadline, "register", |platform| {
            let registered =
                |name: &&String| platform.agents.values().any(|agent| agent.name == **name);
            platform
                .expected
                .iter()
                .filter(|name| !registered(name))
                .cloned()
                .collect()
        })
        .await?;
        self.gate(deadline, "ask for its first event", |platform| {
            waiting_for(platform, |_| true)
        })
        .await?;
        // The runtime's first call of its own.
        self.shared
            .change(|platform| platform.registration_closed = true);
        Ok(())
    }

    /// Invokes the function, and waits until every extension that takes INVOKE is done with it.
    ///
    /// # Errors
    /// An extension fails or leaves, or holds the invocation until its timeout.
    pub async fn invoke(&self, invocation: Invocation) -> Result<(), EmulatorError> {
        let Invocation {
            request_id,
            trace_header,
            timeout,
        } = invocation;
        self.enter(Phase::Invoke {
            request_id: request_id.clone(),
        });
        let timeout = timeout.min(LONGEST_TIMEOUT);
        let deadline = Instant::now() + timeout;
        self.shared.change(|platform| {
            let function = &platform.function;
            let account = function.account_id.as_deref().unwrap_or("123456789012");
            let mut body = json!({
                "eventType": "INVOKE",
                "deadlineMs": millis_ahead(timeout),
                "requestId": request_id,
                "invokedFunctionArn": format!(
                    "arn:aws:lambda:us-east-1:{account}:function:{}",
                    function.function_name
                ),
            });
            if let Some(value) = trace_header {
                body["tracing"] = json!({ "type": "X-Amzn-Trace-Id", "value": value });
            }
            platform.release(CurrentEvent {
                event_type: EventType::Invoke,
                body: body.to_string(),
            });
        });
        self.gate(deadline, "ask for the next event", |platform| {
            waiting_for(platform, |agent| agent.takes(EventType::Invoke))
        })
        .await
    }

    /// Ends the environment: SHUTDOWN to the external extensions that take it, SIGKILL to the
    /// others, and after 2 s to those that are still there. Waits for the processes to end.
    /// Extensions in this process end by themselves; the `run` of one that does not take SHUTDOWN
    /// fails, for want of a platform.
    ///
    /// # Errors
    /// An extension had to be killed although it takes SHUTDOWN, or left with a code that is not 0.
    pub async fn shutdown(&self, reason: ShutdownReason) -> Result<(), EmulatorError> {
        let body = json!({
            "eventType": "SHUTDOWN",
            "deadlineMs": millis_ahead(SHUTDOWN),
            "shutdownReason": reason.as_str(),
        });
        self.enter(Phase::Shutdown { reason });
        let deadline = Instant::now() + SHUTDOWN;
        let (running, listening) = self.shared.change(|platform| {
            platform.release(CurrentEvent {
                event_type: EventType::Shutdown,
                body: body.to_string(),
            });
            platform.abandon();
            let listening = |name: &&String| {
                let mut agents = platform.agents.values();
                agents.any(|agent| agent.name == **name && agent.takes(EventType::Shutdown))
            };
            let running = platform.running.clone();
            let listening: Vec<_> = running.iter().filter(listening).cloned().collect();
            (running, listening)
        });
        for name in running.iter().filter(|name| !listening.contains(name)) {
            self.kill(name);
        }
        let still_running = |platform: &Platform| platform.running.iter().cloned().collect();
        if self.wait(deadline, still_running).await.is_err() {
            for name in &listening {
                self.kill(name);
            }
            let end = Instant::now() + SHUTDOWN;
            self.wait(end, still_running)
                .await
                .map_err(|extensions| EmulatorError::Late {
                    extensions,
                    what: "end after SIGKILL",
                })?;
        }
        self.shared.look(|platform| {
            let failed = platform.agents.values().find(|agent| {
                agent.state == State::ShutdownFailed && listening.contains(&agent.name)
            });
            match failed {
                Some(agent) => Err(EmulatorError::ShutdownFailed {
                    extension: agent.name.clone(),
                }),
                None => Ok(()),
            }
        })
    }

    /// What happened until now.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.look(|platform| platform.record.clone())
    }

    fn enter(&self, phase: Phase) {
        self.shared
            .change(|platform| platform.note(What::Began(phase)));
    }

    fn kill(&self, name: &str) {
        if let Some(process) = self.processes().get_mut(name) {
            process.kill();
        }
    }

    fn processes(&self) -> MutexGuard<'_, BTreeMap<String, Process>> {
        self.processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is missing any more; the first fatal error ends it.
    async fn gate(
        &self,
        deadline: Instant,
        what: &'static str,
        missing: impl Fn(&Platform) -> Vec<String>,
    ) -> Result<(), EmulatorError> {
        let unless_fatal = |platform: &Platform| match platform.fatal {
            Some(_) => Vec::new(),
            None => missing(platform),
        };
        let outcome = self.wait(deadline, unless_fatal).await;
        if let Some(fatal) = self.shared.look(|platform| platform.fatal.clone()) {
            // The platform waits for the process to leave before it says so.
            let gone = |platform: &Platform| {
                let running = platform.running.contains(&fatal.extension);
                running
                    .then(|| fatal.extension.clone())
                    .into_iter()
                    .collect()
            };
            let _ = self.wait(deadline, gone).await;
            return Err(EmulatorError::Failed {
                extension: fatal.extension,
                error_type: fatal.error_type,
                reported: fatal.reported,
            });
        }
        outcome.map_err(|extensions| EmulatorError::Late { extensions, what })
    }

    /// Waits until nobody is missing, and says who still is at the deadline.
    async fn wait(
        &self,
        deadline: Instant,
        missing: impl Fn(&Platform) -> Vec<String>,
    ) -> Result<(), Vec<String>> {
        let mut changed = self.shared.changed.subscribe();
        loop {
            let missing = self.shared.look(&missing);
            if missing.is_empty() {
                return Ok(());
            }
            if timeout_at(deadline, changed.changed()).await.is_err() {
                return Err(missing);
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.change(|platform| platform.agents.clear());
        self.processes().values_mut().for_each(Process::kill);
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

/// An invocation of the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Its request id; by default a random one.
    pub request_id: String,
    /// Its trace header; by default none.
    pub trace_header: Option<String>,
    /// The function's timeout, which holds for the extensions too; as on Lambda it is 3 s by
    /// default, and 900 s at most.
    pub timeout: Duration,
}

impl Default for Invocation {
    fn default() -> Self {
        Self {
            request_id: Uuid::new_v4().to_string(),
            trace_header: None,
            timeout: Duration::from_secs(3),
        }
    }
}

/// The extensions, of those that are meant, that do not wait in `next`.
fn waiting_for(platform: &Platform, meant: impl Fn(&platform::Agent) -> bool) -> Vec<String> {
    let agents = platform.agents.values();
    agents
        .filter(|agent| meant(agent) && agent.state != State::Ready)
        .map(|agent| agent.name.clone())
        .collect()
}
