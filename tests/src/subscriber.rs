//! A subscriber to telemetry, and the extension that it belongs to.

use std::future::Future;

use lambda_ext::Error;
use lambda_ext::emulator::{Emulator, EmulatorBuilder, EmulatorError, Invocation};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fake::{Fake, Request, TELEMETRY};
use crate::raw::Raw;

/// Takes every batch, and hands it to the test.
#[derive(Debug)]
pub struct Subscriber {
    address: String,
    batches: mpsc::UnboundedReceiver<Vec<Value>>,
    taken: Vec<Value>,
    /// The events that `live` waits for: how many, and of which type.
    last: Option<(usize, String)>,
}

impl Subscriber {
    /// Listens on 127.0.0.1, at a port that is free.
    ///
    /// # Panics
    /// There is none.
    pub async fn start() -> Self {
        let mut fake = Fake::start().await;
        let address = fake.runtime_api().to_owned();
        let (sender, batches) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let request = fake.request().await;
                // Whoever waits for the delivery finds the batch here.
                let _ = sender.send(events(&request.json()));
                request.reply(200, "", "");
            }
        });
        Self {
            address,
            batches,
            taken: Vec::new(),
            last: None,
        }
    }

    /// A subscription of this one to everything, in the smallest batches.
    #[must_use]
    pub fn subscription(&self) -> Value {
        subscription(&self.address)
    }

    /// The next batch, when it comes.
    ///
    /// # Panics
    /// None comes.
    pub async fn batch(&mut self) -> Vec<Value> {
        let batch = self.batches.recv().await.expect("a batch");
        self.taken.extend(batch.iter().cloned());
        batch
    }

    /// Takes batches until one has an event of this type.
    pub async fn until(&mut self, kind: &str) {
        self.until_there_are(1, kind).await;
    }

    /// Takes batches until there are so many events of this type.
    pub async fn until_there_are(&mut self, count: usize, kind: &str) {
        while self
            .taken
            .iter()
            .filter(|event| event["type"] == kind)
            .count()
            < count
        {
            self.batch().await;
        }
    }

    /// Every event that has come.
    pub fn taken(&mut self) -> &[Value] {
        while let Ok(batch) = self.batches.try_recv() {
            self.taken.extend(batch);
        }
        &self.taken
    }

    /// Runs an extension on this subscription until SHUTDOWN, and until the last events have arrived.
    /// Returns every event.
    ///
    /// # Errors
    /// None: it fits where one is possible.
    ///
    /// # Panics
    /// A call is refused.
    pub async fn live(
        mut self,
        raw: &Raw,
        name: &str,
        subscription: Value,
    ) -> Result<Vec<Value>, Error> {
        let id = raw.registered(name, r#"["INVOKE","SHUTDOWN"]"#).await;
        raw.subscribed(&id, &subscription).await;
        raw.until_shutdown(&id).await;
        if let Some((count, kind)) = self.last.take() {
            self.until_there_are(count, &kind).await;
        }
        self.taken();
        Ok(self.taken)
    }
}

/// A subscription to everything, in the smallest batches.
#[must_use]
pub fn subscription(address: &str) -> Value {
    let port = address.rsplit(':').next().unwrap_or_default();
    json!({
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function", "extension"],
        "buffering": {"timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": format!("http://sandbox.localdomain:{port}")},
    })
}

/// The events of a batch.
///
/// # Panics
/// It is no list.
#[must_use]
pub fn events(batch: &Value) -> Vec<Value> {
    batch.as_array().expect("a list of events").clone()
}

/// The types of events, in order.
#[must_use]
pub fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap_or_default())
        .collect()
}

/// The records of the events of one type, in order.
#[must_use]
pub fn records<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    let meant = events.iter().filter(|event| event["type"] == kind);
    meant.map(|event| &event["record"]).collect()
}

/// What `ext` is told by a scenario that ends its environment; with `last` it waits for so many
/// events of that type before it leaves. `change` is made to its subscription to everything.
///
/// # Panics
/// One of both fails.
pub async fn told_as<F: Future<Output = Result<(), EmulatorError>>>(
    emulator: &Emulator,
    change: (&str, Value),
    last: Option<(usize, &str)>,
    scenario: F,
) -> Vec<Value> {
    let raw = Raw::of(emulator);
    let mut subscriber = Subscriber::start().await;
    subscriber.last = last.map(|(count, kind)| (count, kind.to_owned()));
    let mut subscription = subscriber.subscription();
    subscription[change.0] = change.1;
    let ext = Box::pin(subscriber.live(&raw, "ext", subscription));
    let ext = emulator.extension("ext").run_future(ext);
    let (told, ()) = tokio::try_join!(ext, Box::pin(scenario)).expect("no failure");
    told
}

/// The same, as [`told_as`] has it, of a subscription to everything.
///
/// # Panics
/// One of both fails.
pub async fn told<F: Future<Output = Result<(), EmulatorError>>>(
    emulator: &Emulator,
    last: Option<(usize, &str)>,
    scenario: F,
) -> Vec<Value> {
    let all = json!(["platform", "function", "extension"]);
    told_as(emulator, ("types", all), last, Box::pin(scenario)).await
}

/// An environment amid an invocation, whose extension `ext` is busy and has subscribed, to lines of
/// the function if `change` does not say otherwise.
///
/// # Panics
/// A call is refused.
pub async fn amid(
    builder: EmulatorBuilder,
    subscriber: &Fake,
    change: impl FnOnce(&mut Value),
) -> (Emulator, Raw, String) {
    let emulator = builder.start().await.expect("no failure");
    let _ = emulator.extension("ext");
    let raw = Raw::of(&emulator);
    let id = raw.registered("ext", r#"["INVOKE","SHUTDOWN"]"#).await;
    let mut body = subscription(subscriber.runtime_api());
    body["types"] = json!(["function"]);
    change(&mut body);
    raw.subscribed(&id, &body).await;
    let begin = async {
        emulator.init().await.expect("no failure");
        emulator
            .invoke_until_response(Invocation::default())
            .await
            .expect("no failure");
    };
    let (invoke, ()) = tokio::join!(raw.next(&id), begin);
    assert_eq!(invoke.status(), 200);
    (emulator, raw, id)
}

/// The lines of a batch.
///
/// # Panics
/// They are no lines.
#[must_use]
pub fn lines(request: &Request) -> Vec<String> {
    let record = |event: Value| event["record"].as_str().expect("a line").to_owned();
    events(&request.json()).into_iter().map(record).collect()
}

impl Raw {
    /// Subscribes.
    ///
    /// # Panics
    /// The connection breaks.
    pub async fn subscribe(&self, id: &str, subscription: &Value) -> Response {
        let headers = [("Lambda-Extension-Identifier", id)];
        let body = subscription.to_string();
        self.send((Method::PUT, TELEMETRY), &headers, &body).await
    }

    /// Subscribes, which is not refused.
    ///
    /// # Panics
    /// It is.
    pub async fn subscribed(&self, id: &str, subscription: &Value) {
        let response = self.subscribe(id, subscription).await;
        let status = response.status();
        let text = response.text().await.expect("an answer");
        assert_eq!((status.as_u16(), &*text), (200, "\"OK\""));
    }

    /// Asks for one event after the other, until it is SHUTDOWN.
    ///
    /// # Panics
    /// A call is refused.
    pub async fn until_shutdown(&self, id: &str) {
        loop {
            let response = self.next(id).await;
            let status = response.status();
            let text = response.text().await.expect("an event");
            assert_eq!(status, 200, "{text}");
            if text.contains(r#""SHUTDOWN""#) {
                return;
            }
        }
    }
}
