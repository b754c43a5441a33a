//! From `prepare` to SHUTDOWN, and the only place that chooses between init error and exit error.

mod event_loop;
mod feed;
mod guard;
mod handling;
mod hold;
mod joined;
mod policy;
mod prepare;
mod pulse;
mod start;
mod telemetry;
mod ticker;
mod work;

use std::convert::Infallible;
use std::pin::Pin;

use self::event_loop::EventLoop;
use self::feed::Feed;
pub(crate) use self::handling::Ended;
use self::policy::Policy;
use self::prepare::{Prepared, prepared};
use self::pulse::Pulse;
use self::start::Starting;
use self::telemetry::Telemetry;
use self::ticker::Ticker;
use crate::extension::Settings;
use crate::process::Process;
use crate::say::story;
use crate::tasks::{Supervisor, supervised};
use crate::{Client, Config, Error, EventType, Handler, Register, RunError, say};

/// Runs an extension.
///
/// What is before the registration and how it becomes a handler are passed in, so that a value
/// that exists and a type that makes its own are run alike. So is what holds the first event back,
/// once everything before it is done.
///
/// A function that is not `async`, because one that is carries all that it may wait for: here what
/// a handler without telemetry has no use for is left out of the program.
pub(crate) fn run<'a, H: Handler, P: 'a>(
    client: Client,
    settings: &'a Settings,
    process: &'a mut Process,
    prepare: impl Future<Output = Result<P, Error>> + 'a,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error> + 'a,
    pause: impl Future<Output = ()> + 'a,
) -> Pin<Box<dyn Future<Output = Result<Ended<H>, RunError>> + 'a>> {
    if H::CONFIG.wants_telemetry() {
        Box::pin(supervised(|tasks| {
            live::<Feed, _, _>(client, settings, process, tasks, prepare, create, pause)
        }))
    } else {
        Box::pin(supervised(|tasks| {
            live::<Infallible, _, _>(client, settings, process, tasks, prepare, create, pause)
        }))
    }
}

async fn live<T: Telemetry, H: Handler, P>(
    client: Client,
    settings: &Settings,
    process: &mut Process,
    mut tasks: Supervisor,
    prepare: impl Future<Output = Result<P, Error>>,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
    pause: impl Future<Output = ()>,
) -> Result<Ended<H>, RunError> {
    let policy = Policy::new(&client, H::CONFIG, settings);
    let prepared = if settings.disabled {
        Prepared::nothing(&policy, RunError::Disabled)
    } else {
        prepared(process, &policy, &mut tasks, prepare).await?
    };
    let mut feed = match T::open(&client, prepared.config::<H>(), &settings.telemetry).await {
        Ok(feed) => feed,
        Err(error) => match policy.forgive(error) {
            Ok(_) => None,
            Err(error) => {
                let (error, _prepared) = prepared.or_failure(error);
                return Err(process.failed(error));
            }
        },
    };
    let events = events_here(&client, process, prepared.config::<H>());
    // A failure of `prepare` is registered too: without an identifier it cannot be reported.
    let mut client = match client.register(&events).await {
        Ok(client) => client,
        Err(error) => {
            let (error, _prepared) = prepared.or_failure(error.into());
            return Err(process.failed(error));
        }
    };
    story!(
        debug,
        extension = client.name(),
        function = client.info().function_name,
        version = client.info().function_version,
        ?events,
        "registered"
    );
    let starting = Starting {
        client: &client,
        process: &mut *process,
        policy: &policy,
        tasks: &mut tasks,
        feed: &mut feed,
    };
    let mut handling = match starting.run(prepared, create).await {
        Ok(handling) => handling,
        Err(error) => {
            feed.as_mut().map(T::close);
            return Err(error);
        }
    };
    pause.await;
    let reporter = client.error_reporter();
    process.polling(&reporter);
    story!(debug, extension = client.name(), "initialised");
    let pulse = (H::CONFIG.thawed && !handling.is_retired()).then(Pulse::new);
    let event_loop = EventLoop {
        client: &mut client,
        process,
        tasks: &mut tasks,
        handling: &mut handling,
        feed: &mut feed,
        ticker: Ticker::of(H::CONFIG),
        pulse,
    };
    let outcome = event_loop.run().await;
    policy.close();
    match outcome {
        Ok(()) => Ok(handling.ended()),
        Err(error) => {
            let error = process.failed(error);
            feed.as_mut().map(T::close);
            let _ = reporter.exit_error(&error.report()).await;
            Err(error)
        }
    }
}

/// The events to register for. On Managed Instances, where an environment takes many invocations at
/// once, the platform refuses extensions that ask for INVOKE, and internal ones anywhere that ask for
/// SHUTDOWN.
fn events_here(client: &Client, process: &Process, config: Config) -> Vec<EventType> {
    let internal = process.is_functions();
    let mut events = config.events.to_vec();
    events.retain(|event| !(internal && *event == EventType::Shutdown));
    if client.is_managed() && events.contains(&EventType::Invoke) {
        let (left, what) = if internal {
            (vec![], "no event")
        } else {
            (vec![EventType::Shutdown], "SHUTDOWN only")
        };
        let text = "extensions get no INVOKE on Managed Instances: registered for";
        say::warn(client.name(), format_args!("{text} {what}"));
        events = left;
    }
    events
}
