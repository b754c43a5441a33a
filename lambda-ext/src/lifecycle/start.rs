//! From `prepare` to the first request for an event. Failures here are init errors.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;

use futures_util::future::try_join;

use super::event_loop::Started;
use super::failure_policy::FailurePolicy;
use super::freeze_detector::FreezeDetector;
use super::guard::{catch_panic, until_signal, until_task_fails};
use super::handler_slot::HandlerSlot;
use super::prepare::Prepared;
use super::telemetry_source::TelemetrySource;
use super::ticker::Ticker;
use super::time_limit::StartTimeLimit;
use crate::client::{Client, RegisteredClient, ReportKind};
use crate::diagnostics::{self, lifecycle_event};
use crate::error::{Error, RunError};
use crate::event::EventType;
use crate::handler::{Config, Handler};
use crate::method::Method;
use crate::process::Process;
use crate::register::Register;
use crate::settings::Settings;
use crate::tasks::Supervisor;

/// The parts that an extension runs with, beside its handler.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) process: Process,
}

/// Registers, subscribes and makes the handler.
///
/// `prepare` and `create` are arguments, so that a value that exists and a type that makes its own start
/// alike. The state is made outside of the future, which would hold an argument twice.
pub(super) fn start<H: Handler, T: TelemetrySource, P>(
    context: Context,
    tasks: Supervisor,
    prepare: impl Future<Output = Result<P, Error>>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> impl Future<Output = Result<Started<H, T>, RunError>> {
    let Context {
        client,
        settings,
        process,
    } = context;
    let fail_open = H::CONFIG.fail_open || settings.fail_open;
    let mut start = Start::<T> {
        policy: Rc::new(FailurePolicy::new(client.name(), fail_open)),
        time_limit: StartTimeLimit::new(),
        settings,
        process,
        tasks,
        telemetry: None,
    };
    async move {
        let (client, handler) = start.run(client, prepare, create).await?;
        let thaws = H::CONFIG.thawed && !handler.is_retired();
        Ok(Started {
            client,
            process: start.process,
            tasks: start.tasks,
            handler,
            telemetry: start.telemetry,
            ticker: Ticker::new(H::CONFIG),
            freezes: thaws.then(FreezeDetector::new),
        })
    }
}

/// An extension that is starting.
struct Start<T> {
    policy: Rc<FailurePolicy>,
    time_limit: StartTimeLimit,
    settings: Settings,
    process: Process,
    tasks: Supervisor,
    telemetry: Option<T>,
}

/// The error that ends the start, with the handler if there is one.
struct Failure<H> {
    error: RunError,
    handler: Option<H>,
}

impl<H> From<RunError> for Failure<H> {
    fn from(error: RunError) -> Self {
        Self {
            error,
            handler: None,
        }
    }
}

impl<T: TelemetrySource> Start<T> {
    async fn run<H: Handler, P>(
        &mut self,
        client: Client,
        prepare: impl Future<Output = Result<P, Error>>,
        create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
    ) -> Result<(RegisteredClient, HandlerSlot<H>), RunError> {
        let prepared = if self.settings.disabled {
            Prepared::without_handler(&self.policy, RunError::Disabled)
        } else {
            self.prepare(prepare).await?
        };
        let config = prepared.config::<H>();
        let registered = match self.open(&client, config) {
            Ok(()) => self.register(client, config).await,
            Err(error) => Err(error),
        };
        let client = match registered {
            Ok(client) => client,
            Err(error) => {
                let (error, _prepared) = prepared.or_failure(error);
                return Err(self.process.failed(error));
            }
        };
        let handler = self.init(&client, prepared, create).await;
        if handler.is_err() {
            self.telemetry.as_mut().map(T::close);
        }
        handler.map(|handler| (client, handler))
    }

    /// Runs `prepare`. A failure is reported after the registration; only a signal ends the start here.
    async fn prepare<P>(
        &mut self,
        prepare: impl Future<Output = Result<P, Error>>,
    ) -> Result<Prepared<P>, RunError> {
        let Self {
            policy,
            time_limit,
            process,
            tasks,
            ..
        } = self;
        let on_cancel = RefCell::default();
        let preparing = catch_panic(Method::Prepare, &on_cancel, || prepare);
        let preparing = pin!(time_limit.run(policy, Method::Prepare, preparing));
        let preparing = pin!(until_task_fails(policy, tasks, preparing));
        match until_signal(process, Method::Prepare, preparing).await {
            Ok(Ok(prepared)) => Ok(Prepared::Handler(prepared)),
            Ok(Err(error)) => Ok(Prepared::without_handler(policy, error)),
            Err(interrupted) => Err(process.failed(interrupted)),
        }
    }

    /// Binds the telemetry listener.
    fn open(&mut self, client: &Client, config: Config) -> Result<(), RunError> {
        match T::open(client, config, &self.settings.telemetry) {
            Ok(telemetry) => {
                self.telemetry = telemetry;
                Ok(())
            }
            Err(error) => self.policy.tolerate(error),
        }
    }

    /// Registers. That is done even if `prepare` has failed: a report needs the identifier.
    async fn register(&self, client: Client, config: Config) -> Result<RegisteredClient, RunError> {
        let events = events_to_register(&client, config, self.process.is_internal());
        let client = client.register(&events).await?;
        lifecycle_event!(
            debug,
            extension = client.name(),
            function = client.info().function_name,
            version = client.info().function_version,
            ?events,
            "registered"
        );
        let reporter = client.error_reporter();
        self.process.report_panics(&reporter, ReportKind::InitError);
        Ok(client)
    }

    /// Subscribes, and makes the handler meanwhile. A failure is reported.
    async fn init<H: Handler, P>(
        &mut self,
        client: &RegisteredClient,
        prepared: Prepared<P>,
        create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
    ) -> Result<HandlerSlot<H>, RunError> {
        let Self {
            policy,
            time_limit,
            process,
            tasks,
            telemetry,
            settings,
        } = self;
        let running = process.running_method();
        let handler = async {
            let handler = match prepared {
                Prepared::Handler(prepared) => {
                    let on_cancel = RefCell::default();
                    let create = || create(prepared, client.info());
                    let creating = catch_panic(Method::Init, &on_cancel, create);
                    match time_limit.run(policy, Method::Init, creating).await {
                        Ok(handler) => Ok(handler),
                        Err(error) => Err(policy.decide(error)?),
                    }
                }
                Prepared::NoHandler(reason) => Err(reason),
                Prepared::Failed(error) => return Err(Failure::from(error)),
            };
            let mut handler = HandlerSlot::new(Rc::clone(policy), running, handler);
            match call_init(client, policy, time_limit, &mut handler).await {
                Ok(()) => Ok(handler),
                Err(error) => Err(Failure {
                    error,
                    handler: Some(handler),
                }),
            }
        };
        let mut starting = pin!(try_join(subscribe(client, policy, telemetry), handler));
        let started = {
            let watched = pin!(until_task_fails(policy, tasks, Pin::as_mut(&mut starting)));
            until_signal(process, Method::Init, watched).await
        };
        // The handler is kept until its failure is reported: the author's destructors may do anything.
        let Failure {
            error,
            handler: _handler,
        } = match started {
            // The failure of a task until now belongs to init, not to the first invocation.
            Ok(Ok(((), mut handler))) => match tasks.drain(|error| policy.tolerate(error)) {
                Ok(()) => {
                    if settings.telemetry.feeds_back(H::CONFIG) {
                        handler.suppress_feedback();
                    }
                    return Ok(handler);
                }
                Err(error) => Failure {
                    error,
                    handler: Some(handler),
                },
            },
            Ok(Err(failure)) => failure,
            Err(interrupted) => Failure::from(interrupted),
        };
        let error = process.failed(error);
        if !matches!(error, RunError::Interrupted { .. }) {
            // The caller has the error, and exits, even if it cannot be reported.
            let report = error.report();
            let _ = client
                .error_reporter()
                .report(ReportKind::InitError, &report)
                .await;
        }
        Err(error)
    }
}

/// Subscribes, which must be done before the first event is requested.
async fn subscribe<T: TelemetrySource, H>(
    client: &RegisteredClient,
    policy: &FailurePolicy,
    telemetry: &mut Option<T>,
) -> Result<(), Failure<H>> {
    let Some(source) = telemetry else {
        return Ok(());
    };
    let Err(error) = source.subscribe(client).await else {
        return Ok(());
    };
    policy.tolerate(error.into())?;
    source.close();
    *telemetry = None;
    Ok(())
}

/// Calls the handler's `init`.
async fn call_init<H: Handler>(
    client: &RegisteredClient,
    policy: &FailurePolicy,
    time_limit: &StartTimeLimit,
    handler: &mut HandlerSlot<H>,
) -> Result<(), RunError> {
    let info = client.info().clone();
    let init = handler.call(Method::Init, async |handler: &mut H| {
        handler.init(info).await
    });
    match time_limit.run(policy, Method::Init, init).await {
        Err(RunError::TimedOut { .. }) => handler.cancelled("the function waits for it"),
        outcome => outcome,
    }
}

/// Returns the events to register for. Lambda refuses INVOKE on Managed Instances, where an environment runs
/// many invocations at once, and SHUTDOWN for internal extensions.
fn events_to_register(client: &Client, config: Config, is_internal: bool) -> Vec<EventType> {
    let mut events = config.events.to_vec();
    events.retain(|event| !(is_internal && *event == EventType::Shutdown));
    if client.is_managed() && events.contains(&EventType::Invoke) {
        let (left, what) = if is_internal {
            (vec![], "no event")
        } else {
            (vec![EventType::Shutdown], "SHUTDOWN only")
        };
        let text = "Managed Instances send no INVOKE to extensions: registering for";
        diagnostics::warn(client.name(), format_args!("{text} {what}"));
        events = left;
    }
    events
}
