//! What extensions are told of a long run of invocations: everything, once and in order.

use lambda_ext::Error;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::raw::Raw;
use crate::subscriber::{events, subscription};

/// How many invocations it has. The request id of each is its number, from 0, and it writes a line
/// that begins with it.
pub const INVOCATIONS: usize = 1_000;

/// What is told of each invocation, in order, with what tells it from those of the others.
const OF_AN_INVOCATION: [&str; 4] = [
    "platform.start",
    "function",
    "platform.runtimeDone",
    "platform.report",
];

/// Holds what comes to what is to come, and keeps none of it.
#[derive(Debug, Default)]
struct Expected(usize);

impl Expected {
    fn next(&mut self, event: &Value) {
        let kind = event["type"].as_str().expect("a type");
        let of_invocation = OF_AN_INVOCATION.contains(&kind);
        if !of_invocation {
            // Of init, and nothing of what was dropped.
            assert!(self.0 == 0, "{event}");
            return;
        }
        let invocation = self.0 / OF_AN_INVOCATION.len();
        assert_eq!(kind, OF_AN_INVOCATION[self.0 % OF_AN_INVOCATION.len()]);
        let found = match &event["record"] {
            Value::String(line) => line.split(' ').next(),
            record => record["requestId"].as_str(),
        };
        assert_eq!(found, Some(&*invocation.to_string()), "{kind}");
        self.0 += 1;
    }

    fn is_complete(&self) -> bool {
        self.0 == INVOCATIONS * OF_AN_INVOCATION.len()
    }
}

/// An extension that is told everything in order, and keeps none of it.
///
/// # Errors
/// None: it fits where one is possible.
///
/// # Panics
/// Something else is told, or a call is refused.
pub async fn told_in_order(raw: &Raw, name: &str) -> Result<(), Error> {
    let mut fake = Fake::start().await;
    let mut body = subscription(fake.runtime_api());
    body["types"] = json!(["platform", "function"]);
    let id = raw.registered(name, r#"["INVOKE","SHUTDOWN"]"#).await;
    raw.subscribed(&id, &body).await;
    let told = async {
        let mut expected = Expected::default();
        while !expected.is_complete() {
            let request = fake.request().await;
            for event in events(&request.json()) {
                expected.next(&event);
            }
            request.reply(200, "", "");
        }
    };
    tokio::join!(raw.until_shutdown(&id), told);
    Ok(())
}
