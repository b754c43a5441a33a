//! Replies of the platform to each call of the client: bodies in any status, and what is no reply.

#![no_main]

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use lambda_ext::telemetry::{Destination, Subscribed, Subscription};
use lambda_ext::{
    Client, ClientError, Event, EventType, Register, RegisteredClient, TelemetryType,
};
use lambda_ext_fuzz::{byte, platform};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_core::de::IgnoredAny;
use serde_json::json;
use tokio::runtime::Runtime;

/// The most that is quoted of a refusal that is not JSON, in bytes.
const LONGEST_QUOTE: usize = 512;

struct Calls {
    runtime: Runtime,
    client: Client,
    registered: RegisteredClient,
    /// What the platform answers next.
    reply: Arc<Mutex<Vec<u8>>>,
}

impl Calls {
    fn new() -> Self {
        let reply = Arc::new(Mutex::new(framed(200, b"{}")));
        let shared = Arc::clone(&reply);
        let address = platform(move |_| {
            Some(
                shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone(),
            )
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let client = Client::with(Some("fuzzed"), Some(&address)).expect("a client");
        let registered = runtime.block_on(client.clone().register(&[]));
        Self {
            registered: registered.expect("a registration"),
            runtime,
            client,
            reply,
        }
    }

    fn answer(&self, reply: Vec<u8>) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }

    fn register(&self) -> Result<Register, ClientError> {
        let call = self.client.clone().register(EventType::ALL);
        Ok(self.runtime.block_on(call)?.info().clone())
    }

    fn next(&mut self) -> Result<Event, ClientError> {
        self.runtime.block_on(self.registered.next_event())
    }

    fn subscribe(&self) -> Result<Subscribed, ClientError> {
        let subscription = Subscription::new(TelemetryType::ALL, Destination::http("127.0.0.1", 1));
        self.runtime
            .block_on(self.registered.subscribe(&subscription))
    }
}

/// A reply as the platform writes it.
fn framed(status: u16, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Status\r\nlambda-extension-identifier: fuzzed\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Whether it may ask the client to try again, for which that takes its time.
fn is_temporary(reply: &[u8]) -> bool {
    let statuses: [&[u8]; 4] = [b" 429", b" 502", b" 503", b" 504"];
    reply.windows(4).any(|part| statuses.contains(&part))
}

/// A refusal, in the platform's words where it has some.
fn look_at_refusal(error: &ClientError, status: u16, body: &[u8]) {
    let ClientError::Refused(refusal) = error else {
        panic!("{error}");
    };
    assert_eq!(refusal.status, status);
    if serde_json::from_str::<IgnoredAny>(&String::from_utf8_lossy(body)).is_err() {
        let text = String::from_utf8_lossy(body);
        assert_eq!(refusal.error_type, "");
        assert!(text.trim().starts_with(&refusal.error_message));
        assert!(refusal.error_message.len() <= LONGEST_QUOTE);
        assert_eq!(refusal.error_message.is_empty(), text.trim().is_empty());
    }
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::new(Calls::new());
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let mut data = data;
    let (call, kind) = (byte(&mut data) % 3, byte(&mut data) % 4);
    CALLS.with_borrow_mut(|calls| match kind {
        0 if is_temporary(data) => Corpus::Reject,
        0 => {
            calls.answer(data.to_vec());
            let error = match call {
                0 => calls.register().err(),
                1 => calls.next().err(),
                _ => calls.subscribe().err(),
            };
            let _ = error.map(|error| error.to_string());
            Corpus::Keep
        }
        1 => {
            calls.answer(framed(200, data));
            succeed(calls, call, data);
            Corpus::Keep
        }
        2 => {
            let status = 300 + u16::from(byte(&mut data));
            let reply = framed(status, data);
            // It has no body, whatever it has.
            if is_temporary(&reply) || status == 304 {
                return Corpus::Reject;
            }
            calls.answer(reply);
            let error = match call {
                0 => calls.register().err(),
                1 => calls.next().err(),
                _ => calls.subscribe().err(),
            };
            look_at_refusal(&error.expect("a refusal"), status, data);
            Corpus::Keep
        }
        _ => {
            let text = String::from_utf8_lossy(data);
            let (error_type, error_message) = text.split_once('\n').unwrap_or((&text, "?"));
            let body = json!({"errorMessage": error_message, "errorType": error_type});
            calls.answer(framed(403, body.to_string().as_bytes()));
            let Err(ClientError::Refused(refusal)) = calls.next() else {
                panic!("no refusal");
            };
            if !(error_type.is_empty() && error_message.is_empty()) {
                assert_eq!(refusal.error_type, error_type);
                assert_eq!(refusal.error_message, error_message);
            }
            Corpus::Keep
        }
    })
});

/// A success is what its body says, or a reply that cannot be read. What is no UTF-8 costs no more
/// than itself.
fn succeed(calls: &mut Calls, call: u8, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    match call {
        0 => match (calls.register(), serde_json::from_str::<Register>(&text)) {
            (Ok(found), Ok(mut expected)) => {
                "fuzzed".clone_into(&mut expected.extension_id);
                assert_eq!(found, expected);
            }
            (Err(ClientError::InvalidReply { .. }), Err(_)) => {}
            (found, expected) => panic!("{found:?} for {expected:?}"),
        },
        1 => match (calls.next(), serde_json::from_str::<Event>(&text)) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(ClientError::UnknownEvent(kind)), Err(error)) => {
                let known = EventType::ALL.iter().any(|known| known.as_str() == kind);
                assert!(!known && !kind.is_empty());
                assert!(error.to_string().contains(&kind), "{error}");
            }
            (Err(ClientError::InvalidReply { .. }), Err(_)) => {}
            (found, expected) => panic!("{found:?} for {expected:?}"),
        },
        _ => {
            let expected = if body.is_empty() {
                Subscribed::Unconfirmed
            } else {
                Subscribed::Confirmed
            };
            assert_eq!(calls.subscribe().expect("a subscription"), expected);
        }
    }
}
