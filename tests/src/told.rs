//! A handler that notes what it is told, in each combination of what can be asked for.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lambda_ext::telemetry::TelemetryRecord;
use lambda_ext::{
    Config, Error, EventType, Extension, Handler, InvokeEvent, Register, RunError, RuntimeDone,
    ShutdownEvent, TelemetryBatch, TelemetryType,
};
use tokio::sync::{mpsc, oneshot};

use crate::delivery::Delivery;
use crate::fake::{self, Fake, bounded};

/// Takes telemetry, the ends of invocations, or both.
#[derive(Debug)]
pub struct Told<const TELEMETRY: bool, const JOINED: bool> {
    notes: Notes,
    /// What each call of a method waits for, if anything.
    pub waits: Waits,
    /// The method that fails.
    pub fails: &'static str,
    /// How many ends of invocations it was told.
    pub ends: Arc<AtomicUsize>,
}

/// Takes batches.
pub type Batches = Told<true, false>;
/// Takes ends.
pub type Ends = Told<false, true>;
/// Takes both.
pub type Both = Told<true, true>;

/// What was called, in order, for the test to read while it happens.
#[derive(Debug, Clone)]
struct Notes(mpsc::UnboundedSender<String>);

/// What the next calls of a method wait for.
#[derive(Debug, Clone, Default)]
pub struct Waits(Rc<RefCell<VecDeque<Wait>>>);

type Wait = (&'static str, oneshot::Receiver<()>);

/// The calls, as they come.
#[derive(Debug)]
pub struct Calls(mpsc::UnboundedReceiver<String>);

impl<const TELEMETRY: bool, const JOINED: bool> Told<TELEMETRY, JOINED> {
    /// One, and what it is going to be told.
    #[must_use]
    pub fn new() -> (Self, Calls) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let told = Self {
            notes: Notes(sender),
            waits: Waits::default(),
            fails: "",
            ends: Arc::default(),
        };
        (told, Calls(receiver))
    }

    async fn called(&mut self, method: &'static str, with: &str) -> Result<(), Error> {
        self.notes.note(method, with);
        self.waits.wait(method).await;
        if self.fails == method {
            return Err(format!("{method} was made to fail").into());
        }
        Ok(())
    }
}

impl Notes {
    fn note(&self, method: &str, with: &str) {
        // A test that has seen enough does not read on.
        let _ = self
            .0
            .send(format!("{method} {with}").trim_end().to_owned());
    }
}

impl Waits {
    /// Has the next call of a method wait until the sender is used or dropped.
    #[must_use]
    pub fn next(&self, method: &'static str) -> oneshot::Sender<()> {
        let (sender, receiver) = oneshot::channel();
        self.0.borrow_mut().push_back((method, receiver));
        sender
    }

    async fn wait(&self, method: &str) {
        let first = self.0.borrow().front().map(|(first, _)| *first);
        if first != Some(method) {
            return;
        }
        let taken = self.0.borrow_mut().pop_front();
        if let Some((_, wait)) = taken {
            let _ = wait.await;
        }
    }
}

impl Calls {
    /// The next call, when it comes.
    ///
    /// # Panics
    /// None comes.
    pub async fn next(&mut self) -> String {
        self.0.recv().await.expect("a call")
    }

    /// The next call, if there has been one.
    pub fn now(&mut self) -> Option<String> {
        self.0.try_recv().ok()
    }

    /// Waits for these calls, in this order.
    ///
    /// # Panics
    /// There are others.
    pub async fn expect(&mut self, calls: &[&str]) {
        for call in calls {
            assert_eq!(self.next().await, *call);
        }
    }
}

/// What a batch has, shortly: the texts of lines, and the types of other events.
fn told(batch: &TelemetryBatch) -> String {
    let mut told: Vec<String> = batch
        .iter()
        .map(|event| match event.record {
            TelemetryRecord::Function(record) => record.as_str().trim_end().to_owned(),
            TelemetryRecord::PlatformRuntimeDone(done) => format!("end-of-{}", done.request_id),
            TelemetryRecord::PlatformReport(report) => format!("report-of-{}", report.request_id),
            TelemetryRecord::Other { record, .. } => format!("other {record}"),
            record => record.kind().to_owned(),
        })
        .collect();
    if batch.dropped().records > 0 {
        told.push(format!("dropped {}", batch.dropped().records));
    }
    told.join(" ")
}

impl<const TELEMETRY: bool, const JOINED: bool> Handler for Told<TELEMETRY, JOINED> {
    const CONFIG: Config = {
        let mut config = Config::new(&[EventType::Invoke, EventType::Shutdown]);
        if TELEMETRY {
            config = config.telemetry(&[TelemetryType::Platform, TelemetryType::Function]);
        }
        if JOINED {
            config = config.runtime_done();
        }
        config
    };

    async fn init(&mut self, _: Register) -> Result<(), Error> {
        self.called("init", "").await
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.called("invoke", &event.request_id).await
    }

    async fn telemetry(&mut self, batch: TelemetryBatch) -> Result<(), Error> {
        self.called("telemetry", &told(&batch)).await
    }

    async fn runtime_done(&mut self, done: RuntimeDone) -> Result<(), Error> {
        let report = done.previous_report.as_ref();
        let report = report.map(|report| format!("after-report-of-{}", report.request_id));
        self.ends.fetch_add(1, Ordering::Relaxed);
        let with = [done.request_id(), &report.unwrap_or_default()].join(" ");
        self.called("runtime_done", &with).await
    }

    async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error> {
        self.called("shutdown", event.shutdown_reason.as_str())
            .await
    }
}

/// Long enough for everything that a test does.
pub const LONG: Duration = Duration::from_secs(60);

fn extension(fake: &Fake) -> Extension {
    Extension::builder()
        .name("ext")
        .runtime_api(fake.runtime_api())
        .build()
        .unwrap()
}

/// Runs the handler; `platform` plays the other side.
///
/// # Errors
/// As it ends.
///
/// # Panics
/// Something is asked for that the platform does not expect.
pub async fn play<H: Handler>(
    handler: H,
    platform: impl AsyncFnOnce(&mut Fake),
) -> Result<H, RunError> {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let outcome = tokio::join!(extension.run(handler), platform(&mut fake)).0;
        let unasked = fake.unasked();
        assert!(unasked.is_none(), "{unasked:#?}");
        outcome
    })
    .await
}

/// Registers and subscribes the extension.
///
/// # Panics
/// It asks for something else.
pub async fn subscribed(fake: &mut Fake) -> Delivery {
    fake.expect(fake::REGISTER).await.registered();
    let request = fake.expect(fake::TELEMETRY).await;
    let delivery = Delivery::of(&request);
    request.subscribed();
    delivery
}

/// Lets everybody do what can be done now.
pub async fn settle() {
    for _ in 0..500 {
        tokio::task::yield_now().await;
    }
}

/// Asserts that nothing is asked for now.
///
/// # Panics
/// Something is.
pub async fn nothing_is_asked(fake: &mut Fake) {
    settle().await;
    let unasked = fake.unasked();
    assert!(unasked.is_none(), "{unasked:#?}");
}

/// Asserts that nothing is called now.
///
/// # Panics
/// Something is.
pub async fn nothing_is_called(calls: &mut Calls) {
    settle().await;
    assert_eq!(calls.now(), None);
}
