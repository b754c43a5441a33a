//! What the function asks, and who may.

use std::io;
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;

use super::cache::{Cache, Failure, Source};

const TOKEN: &str = "x-aws-parameters-secrets-token";

pub struct Caches<S> {
    /// What proves that a question comes from the function, and is not one that it was talked into:
    /// a header is more than a URL.
    pub token: String,
    pub secrets: Cache<S>,
    pub parameters: Cache<S>,
}

pub async fn serve(listener: TcpListener, caches: Caches<impl Source>) -> io::Result<()> {
    let caches = Arc::new(caches);
    let router = Router::new()
        .route("/secretsmanager/get", get(secret))
        .route("/systemsmanager/parameters/get", get(parameter))
        .layer(from_fn_with_state(Arc::clone(&caches), authorised))
        .with_state(caches);
    axum::serve(listener, router).await
}

async fn authorised<S: Source>(
    State(caches): State<Arc<Caches<S>>>,
    question: Request,
    next: Next,
) -> Response {
    let given = question
        .headers()
        .get(TOKEN)
        .map_or(&b""[..], |it| it.as_bytes());
    let expected = caches.token.as_bytes();
    if expected.is_empty() || !bool::from(given.ct_eq(expected)) {
        let remedy = "the header X-Aws-Parameters-Secrets-Token must be $AWS_SESSION_TOKEN";
        return (StatusCode::UNAUTHORIZED, remedy).into_response();
    }
    next.run(question).await
}

/// In the URL it is camelCase, in what AWS is asked PascalCase.
#[derive(Deserialize, Serialize)]
#[serde(rename_all(deserialize = "camelCase", serialize = "PascalCase"))]
struct SecretQuery {
    secret_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_stage: Option<String>,
}

async fn secret<S: Source>(
    State(caches): State<Arc<Caches<S>>>,
    Query(query): Query<SecretQuery>,
) -> Response {
    answer(&caches.secrets, &json!(query).to_string()).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParameterQuery {
    name: String,
    version: Option<String>,
    label: Option<String>,
    #[serde(default)]
    with_decryption: bool,
}

async fn parameter<S: Source>(
    State(caches): State<Arc<Caches<S>>>,
    Query(query): Query<ParameterQuery>,
) -> Response {
    let selector = query.version.or(query.label);
    let selector = selector.map_or_else(String::new, |it| format!(":{it}"));
    let name = query.name + &selector;
    let question = json!({"Name": name, "WithDecryption": query.with_decryption});
    answer(&caches.parameters, &question.to_string()).await
}

async fn answer(cache: &Cache<impl Source>, question: &str) -> Response {
    let json = [(CONTENT_TYPE, "application/json")];
    match cache.get(question).await {
        Ok(secret) => (json, secret.reveal()).into_response(),
        Err(Failure::Refused { status, body }) => (status, json, body).into_response(),
        Err(Failure::Unavailable(why)) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}
