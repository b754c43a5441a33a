//! From `prepare` to SHUTDOWN, and the only place that chooses between init error and exit error.

mod event_loop;
mod feed;
mod guard;
mod hold;
mod joined;
mod telemetry;

use std::convert::Infallible;
use std::pin::{Pin, pin};

use futures_util::future::try_join;

use self::event_loop::EventLoop;
use self::feed::Feed;
use self::guard::{attend, guard};
use self::telemetry::Telemetry;
use crate::process::Process;
use crate::telemetry::TelemetrySettings;
use crate::{
    Client, Config, Error, EventType, Handler, Method, Register, RegisteredClient, RunError, stderr,
};

/// Runs an extension.
///
/// What is before the registration and how it becomes a handler are passed in, so that a value
/// that exists and a type that makes its own are run alike.
///
/// A function that is not `async`, because one that is carries all that it may wait for: here what
/// a handler without telemetry has no use for is left out of the program.
pub(crate) fn run<'a, H: Handler, P: 'a>(
    client: Client,
    settings: &'a TelemetrySettings,
    process: &'a mut Process,
    prepare: impl Future<Output = Result<P, Error>> + 'a,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error> + 'a,
) -> Pin<Box<dyn Future<Output = Result<H, RunError>> + 'a>> {
    if H::CONFIG.wants_telemetry() {
        Box::pin(live::<Feed, _, _>(
            client, settings, process, prepare, create,
        ))
    } else {
        Box::pin(live::<Infallible, _, _>(
            client, settings, process, prepare, create,
        ))
    }
}

async fn live<T: Telemetry, H: Handler, P>(
    client: Client,
    settings: &TelemetrySettings,
    process: &mut Process,
    prepare: impl Future<Output = Result<P, Error>>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<H, RunError> {
    let events = events_here(&client, H::CONFIG);
    let preparing = pin!(guard(Method::Prepare, || prepare));
    let prepared = match attend(process, Method::Prepare, preparing).await {
        Ok(prepared) => prepared,
        Err(interrupted) => {
            process.failed(&interrupted);
            return Err(interrupted);
        }
    };
    let mut feed = match T::open(&client, H::CONFIG, settings).await {
        Ok(feed) => feed,
        Err(error) => {
            process.failed(&error);
            return Err(error);
        }
    };
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
    let mut handler = match initialize(&client, &mut feed, process, prepared, create).await {
        Ok(handler) => handler,
        Err(error) => {
            feed.as_mut().map(T::close);
            return Err(error);
        }
    };
    let reporter = client.error_reporter();
    process.polling(&reporter);
    let event_loop = EventLoop {
        client: &mut client,
        process,
        handler: &mut handler,
        feed: &mut feed,
    };
    match event_loop.run().await {
        Ok(()) => Ok(handler),
        Err(error) => {
            process.failed(&error);
            feed.as_mut().map(T::close);
            let _ = reporter.exit_error(&error.report()).await;
            Err(error)
        }
    }
}

/// The events to register for: on Managed Instances, where an environment takes many invocations
/// at once, the platform refuses extensions that ask for INVOKE.
fn events_here(client: &Client, config: Config) -> Vec<EventType> {
    if !client.is_managed() || !config.events.contains(&EventType::Invoke) {
        return config.events.to_vec();
    }
    stderr::line(
        client.name(),
        "extensions get no INVOKE on Managed Instances: registered for SHUTDOWN only",
    );
    vec![EventType::Shutdown]
}

/// What is between the registration and the first event; what fails is reported.
async fn initialize<T: Telemetry, H: Handler, P>(
    client: &RegisteredClient,
    feed: &mut Option<T>,
    process: &mut Process,
    prepared: Result<P, RunError>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<H, RunError> {
    let reporter = client.error_reporter();
    process.registered(&reporter);
    // What has been made stays here until the failure is reported: the author's destructors may do
    // anything.
    let mut starting = pin!(try_join(
        subscribe(client, feed),
        start(client, prepared, create),
    ));
    let started = attend(process, Method::Init, Pin::as_mut(&mut starting)).await;
    let (error, _made) = match started {
        Ok(Ok(((), handler))) => return Ok(handler),
        Ok(Err(failure)) => failure,
        Err(interrupted) => (interrupted, None),
    };
    process.failed(&error);
    if !matches!(error, RunError::Interrupted { .. }) {
        // That the report fails changes nothing: the caller has the error, and exits.
        let _ = reporter.init_error(&error.report()).await;
    }
    Err(error)
}

/// Subscribes, which must be done before the first event is asked for.
async fn subscribe<T: Telemetry, H>(
    client: &RegisteredClient,
    feed: &mut Option<T>,
) -> Result<(), (RunError, Option<H>)> {
    match feed {
        Some(feed) => feed.subscribe(client).await,
        None => Ok(()),
    }
    .map_err(|error| (error.into(), None))
}

/// Makes the handler and calls its `init`. What fails brings the handler along.
async fn start<H: Handler, P>(
    client: &RegisteredClient,
    prepared: Result<P, RunError>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<H, (RunError, Option<H>)> {
    let info = client.info();
    let prepared = prepared.map_err(|error| (error, None))?;
    let mut handler = guard(Method::Init, || create(prepared, info))
        .await
        .map_err(|error| (error, None))?;
    match guard(Method::Init, || handler.init(info.clone())).await {
        Ok(()) => Ok(handler),
        Err(error) => Err((error, Some(handler))),
    }
}
