//! What is between the registration and the first event.

use std::cell::RefCell;
use std::pin::{Pin, pin};

use futures_util::future::{Either, select, try_join};

use super::guard::{attend, guard};
use super::handling::Handling;
use super::policy::Policy;
use super::prepare::Prepared;
use super::telemetry::Telemetry;
use crate::process::Process;
use crate::tasks::Supervisor;
use crate::{Error, Handler, Method, Register, RegisteredClient, RunError};

pub(super) struct Starting<'a, 'p, T> {
    pub(super) client: &'a RegisteredClient,
    pub(super) process: &'a mut Process,
    pub(super) policy: &'p Policy,
    pub(super) tasks: &'a mut Supervisor,
    pub(super) feed: &'a mut Option<T>,
}

/// What ends the start, with what has been made until then.
struct Failure<M> {
    error: RunError,
    made: Option<M>,
}

impl<M> From<RunError> for Failure<M> {
    fn from(error: RunError) -> Self {
        Self { error, made: None }
    }
}

impl<'p, T: Telemetry> Starting<'_, 'p, T> {
    /// Makes the handler, and subscribes; what fails is reported.
    pub(super) async fn run<H: Handler, P>(
        self,
        prepared: Prepared<P>,
        create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
    ) -> Result<Handling<'p, H>, RunError> {
        let Self {
            client,
            process,
            policy,
            tasks,
            feed,
        } = self;
        let reporter = client.error_reporter();
        process.registered(&reporter);
        let running = process.running();
        let handling = async {
            match prepared {
                Prepared::Handler(prepared) => {
                    let handler = create_in_time(client, policy, prepared, create).await?;
                    init(client, policy, Handling::new(policy, running, handler)).await
                }
                Prepared::Nothing(why) => Ok(Handling::new(policy, running, Err(why))),
                Prepared::Failure(error) => Err(Failure::from(error)),
            }
        };
        // What has been made stays here until the failure is reported: the author's destructors may
        // do anything.
        let mut starting = pin!(try_join(subscribe(client, policy, feed), handling));
        let started = {
            let watched = pin!(watch(policy, tasks, Pin::as_mut(&mut starting)));
            attend(process, Method::Init, watched).await
        };
        let failure = match started {
            // What a task has failed with by now is not the first invocation's.
            Ok(Ok(((), handling))) => match tasks.tell(|error| policy.overlook(error)) {
                Ok(()) => return Ok(handling),
                Err(error) => Failure {
                    error,
                    made: Some(handling),
                },
            },
            Ok(Err(failure)) => failure,
            Err(interrupted) => Failure::from(interrupted),
        };
        let Failure { error, made: _made } = failure;
        let error = process.failed(error);
        if !matches!(error, RunError::Interrupted { .. }) {
            // That the report fails changes nothing: the caller has the error, and exits.
            let _ = reporter.init_error(&error.report()).await;
        }
        Err(error)
    }
}

/// Does the work, unless a task fails in the meantime.
pub(super) async fn watch<W, E: From<RunError>>(
    policy: &Policy,
    tasks: &mut Supervisor,
    mut work: Pin<&mut impl Future<Output = Result<W, E>>>,
) -> Result<W, E> {
    loop {
        match select(work.as_mut(), pin!(tasks.failure())).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right((error, _)) => policy.overlook(error)?,
        }
    }
}

/// Subscribes, which must be done before the first event is asked for.
async fn subscribe<T: Telemetry, M>(
    client: &RegisteredClient,
    policy: &Policy,
    feed: &mut Option<T>,
) -> Result<(), Failure<M>> {
    let Some(subscribing) = feed else {
        return Ok(());
    };
    let Err(error) = subscribing.subscribe(client).await else {
        return Ok(());
    };
    policy.overlook(error.into())?;
    subscribing.close();
    *feed = None;
    Ok(())
}

/// Makes the handler, or says why the extension goes on without.
async fn create_in_time<H: Handler, P>(
    client: &RegisteredClient,
    policy: &Policy,
    prepared: P,
    create: impl AsyncFnOnce(P, &Register) -> Result<H, Error>,
) -> Result<Result<H, RunError>, RunError> {
    let info = client.info();
    let dropped = RefCell::default();
    let creating = guard(Method::Init, &dropped, || create(prepared, info));
    match policy.in_time(Method::Init, creating).await {
        Ok(handler) => Ok(Ok(handler)),
        Err(error) => policy.forgive(error).map(Err),
    }
}

/// Calls the handler's `init`. What fails brings the handler along.
async fn init<'a, H: Handler>(
    client: &RegisteredClient,
    policy: &Policy,
    mut handling: Handling<'a, H>,
) -> Result<Handling<'a, H>, Failure<Handling<'a, H>>> {
    let info = client.info().clone();
    let init = handling.call(Method::Init, async |handler: &mut H| {
        handler.init(info).await
    });
    let outcome = match policy.in_time(Method::Init, init).await {
        Err(RunError::Cut { .. }) => handling.cut("for the function to start"),
        outcome => outcome,
    };
    match outcome {
        Ok(()) => Ok(handling),
        Err(error) => Err(Failure {
            error,
            made: Some(handling),
        }),
    }
}
