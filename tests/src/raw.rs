//! Requests as no proper client sends them, and the platform's words for its answers.

use lambda_ext::emulator::Emulator;
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// An identifier that nobody has.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000001";

/// A client that keeps to no rules.
#[derive(Debug)]
pub struct Raw {
    api: String,
    client: Client,
}

/// An answer.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `errorType`.
    pub error_type: String,
    /// Its `errorMessage`.
    pub error_message: String,
}

impl Raw {
    /// Of this environment.
    #[must_use]
    pub fn of(emulator: &Emulator) -> Self {
        Self::at(emulator.runtime_api())
    }

    /// At this address.
    ///
    /// # Panics
    /// There is no client.
    #[must_use]
    pub fn at(runtime_api: &str) -> Self {
        Self {
            api: format!("http://{runtime_api}"),
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// The connection breaks, or the answer is not what it must be.
    pub async fn send(
        &self,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let url = format!("{}{path}", self.api);
        let mut request = self.client.request(method, url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Calls register.
    ///
    /// # Panics
    /// The connection breaks, or the answer is not what it must be.
    pub async fn register(&self, name: &str, body: &str) -> Response {
        let headers = [("Lambda-Extension-Name", name)];
        self.send(
            (Method::POST, "/2020-01-01/extension/register"),
            &headers,
            body,
        )
        .await
    }

    /// Registers for `events`, and gives the identifier.
    ///
    /// # Panics
    /// The connection breaks, or the answer is not what it must be.
    pub async fn registered(&self, name: &str, events: &str) -> String {
        let response = self
            .register(name, &format!("{{\"events\":{events}}}"))
            .await;
        assert_eq!(response.status(), 200);
        let id = &response.headers()["lambda-extension-identifier"];
        id.to_str().unwrap().to_owned()
    }

    /// Calls next.
    ///
    /// # Panics
    /// The connection breaks, or the answer is not what it must be.
    pub async fn next(&self, id: &str) -> Response {
        let headers = [("Lambda-Extension-Identifier", id)];
        self.send(
            (Method::GET, "/2020-01-01/extension/event/next"),
            &headers,
            "",
        )
        .await
    }

    /// Calls init error or exit error.
    ///
    /// # Panics
    /// The connection breaks, or the answer is not what it must be.
    pub async fn report(&self, which: &str, id: &str) -> Response {
        let headers = [
            ("Lambda-Extension-Identifier", id),
            ("Lambda-Extension-Function-Error-Type", "Extension.Boom"),
        ];
        let path = format!("/2020-01-01/extension/{which}/error");
        self.send((Method::POST, &path), &headers, "").await
    }
}

/// Reads an answer, which must be JSON as the platform writes it.
///
/// # Panics
/// It is not.
pub async fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    let text = response.text().await.unwrap();
    assert!(text.ends_with('\n'), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    let field = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    Answer {
        status,
        error_type: field("errorType"),
        error_message: field("errorMessage"),
    }
}

/// What a client is answered that does something wrong.
#[must_use]
pub fn forbidden(error_type: &str, error_message: &str) -> Answer {
    Answer {
        status: 403,
        error_type: error_type.to_owned(),
        error_message: error_message.to_owned(),
    }
}

/// The refusal of a transition.
#[must_use]
pub fn refused(from: &str, to: &str, extension: &str) -> Answer {
    let message = format!(
        "State transition from {from} to {to} failed for extension {extension}. \
         Error: State transition is not allowed"
    );
    forbidden("Extension.InvalidExtensionState", &message)
}
