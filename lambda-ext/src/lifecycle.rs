//! The event loop, and the only place that chooses between init error and exit error.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::time::timeout;

use crate::budget::{self, ShutdownBudget};
use crate::event::millis_ahead;
use crate::panic::panic_message;
use crate::process::Process;
use crate::{
    Client, ClientError, Config, Error, Event, EventType, Handler, Method, Register,
    RegisteredClient, RunError, ShutdownEvent, ShutdownReason, stderr,
};

/// Runs an extension from `prepare` to SHUTDOWN.
///
/// What is before the registration and how it becomes a handler are passed in, so that a value
/// that exists and a type that makes its own are run alike.
pub(crate) async fn run<H: Handler, P>(
    client: Client,
    process: &mut Process,
    prepare: impl Future<Output = Result<P, Error>>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<H, RunError> {
    let events = events_here(client.name(), H::CONFIG);
    let prepared = attend(process, Method::Prepare, || prepare).await;
    if let Err(interrupted @ RunError::Interrupted { .. }) = prepared {
        process.failed(&interrupted);
        return Err(interrupted);
    }
    // A failure of `prepare` is registered too: without an identifier it cannot be reported.
    let mut client = match client.register(&events).await {
        Ok(client) => client,
        Err(error) => {
            let (error, _prepared) = match prepared {
                Ok(prepared) => (error.into(), Some(prepared)),
                Err(error) => (error, None),
            };
            process.failed(&error);
            return Err(error);
        }
    };
    let reporter = client.error_reporter();
    process.registered(&reporter);
    let mut handler = match start(&client, process, prepared, create).await {
        Ok(handler) => handler,
        Err((error, _made)) => {
            process.failed(&error);
            if !matches!(error, RunError::Interrupted { .. }) {
                // That the report fails changes nothing: the caller has the error, and exits.
                let _ = reporter.init_error(&error.report()).await;
            }
            return Err(error);
        }
    };
    process.polling(&reporter);
    match serve(&mut client, process, &mut handler).await {
        Ok(()) => Ok(handler),
        Err(error) => {
            process.failed(&error);
            let _ = reporter.exit_error(&error.report()).await;
            Err(error)
        }
    }
}

/// The events to register for: on Managed Instances, where an environment takes many invocations
/// at once, the platform refuses extensions that ask for INVOKE.
fn events_here(name: &str, config: Config) -> Vec<EventType> {
    let mut events = config.events.to_vec();
    let managed = std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE")
        .is_ok_and(|kind| kind == "lambda-managed-instances");
    if managed && events.contains(&EventType::Invoke) {
        events.retain(|event| *event != EventType::Invoke);
        stderr::line(
            name,
            "extensions get no INVOKE on Managed Instances: registered without it",
        );
    }
    events
}

/// Makes the handler and calls its `init`. What fails brings the handler along: it is reported
/// before the author's destructor runs, which may do anything.
async fn start<H: Handler, P>(
    client: &RegisteredClient,
    process: &mut Process,
    prepared: Result<P, RunError>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<H, (RunError, Option<H>)> {
    let info = client.info();
    let prepared = prepared.map_err(|error| (error, None))?;
    let mut handler = attend(process, Method::Init, || create(prepared, info))
        .await
        .map_err(|error| (error, None))?;
    match attend(process, Method::Init, || handler.init(info.clone())).await {
        Ok(()) => Ok(handler),
        Err(error) => Err((error, Some(handler))),
    }
}

/// The loop: one event at a time, and none is asked for after SHUTDOWN.
async fn serve<H: Handler>(
    client: &mut RegisteredClient,
    process: &mut Process,
    handler: &mut H,
) -> Result<(), RunError> {
    loop {
        match wait(client, process).await {
            Ok(Event::Invoke(event)) => {
                match attend(process, Method::Invoke, || handler.invoke(event)).await {
                    // The signal is still there: the loop meets it before the next event.
                    Ok(()) | Err(RunError::Interrupted { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(Event::Shutdown(event)) => {
                return shutdown(client.name(), process, handler, event).await;
            }
            // The platform adds things; that we do not know this one is no reason to fail.
            Err(unknown @ ClientError::UnknownEvent(_)) => {
                stderr::line(client.name(), format_args!("{unknown}, skipped"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The next event; a signal that has come stands for SHUTDOWN.
async fn wait(client: &mut RegisteredClient, process: &mut Process) -> Result<Event, ClientError> {
    if let Some(signal) = process.stopped() {
        return Ok(Event::Shutdown(after(signal)));
    }
    match select(pin!(client.next_event()), pin!(process.signal())).await {
        Either::Left((event, _)) => event,
        Either::Right((signal, _)) => Ok(Event::Shutdown(after(signal))),
    }
}

/// The SHUTDOWN that a signal stands for.
fn after(signal: &str) -> ShutdownEvent {
    ShutdownEvent {
        shutdown_reason: ShutdownReason::Other(signal.to_owned()),
        deadline_ms: millis_ahead(budget::SHUTDOWN_PHASE),
    }
}

async fn shutdown<H: Handler>(
    name: &str,
    process: &mut Process,
    handler: &mut H,
    event: ShutdownEvent,
) -> Result<(), RunError> {
    let budget = ShutdownBudget::of(&event);
    process.watch(budget.watchdog);
    let work = guard(Method::Shutdown, || handler.shutdown(event));
    timeout(budget.handler, work).await.unwrap_or_else(|_| {
        let after = budget.handler.as_millis();
        stderr::line(
            name,
            format_args!("`shutdown` was cut after {after} ms, to leave before the deadline"),
        );
        Ok(())
    })
}

/// Runs a method of the handler; once a signal has come, only for a while.
async fn attend<T, F>(
    process: &mut Process,
    method: Method,
    call: impl FnOnce() -> F,
) -> Result<T, RunError>
where
    F: Future<Output = Result<T, Error>>,
{
    let work = pin!(guard(method, call));
    match select(work, pin!(process.signal())).await {
        Either::Left((result, _)) => result,
        Either::Right((signal, work)) => timeout(budget::AFTER_SIGNAL, work)
            .await
            .unwrap_or(Err(RunError::Interrupted { method, signal })),
    }
}

/// Runs a method of the handler, and makes an error of a panic.
async fn guard<T, F>(method: Method, call: impl FnOnce() -> F) -> Result<T, RunError>
where
    F: Future<Output = Result<T, Error>>,
{
    // Nothing looks at the handler after a panic: it is dropped, and the extension ends.
    match AssertUnwindSafe(async { call().await })
        .catch_unwind()
        .await
    {
        Ok(result) => result.map_err(|source| RunError::Failed { method, source }),
        Err(payload) => Err(RunError::Panicked {
            method,
            message: panic_message(&*payload).to_owned(),
        }),
    }
}
