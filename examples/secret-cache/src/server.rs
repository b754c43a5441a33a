//! What the function asks, and who may.

use std::io;
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;

use super::cache::{Cache, Failure, Question, Source};

const TOKEN: &str = "x-aws-parameters-secrets-token";

pub struct Secrets<S> {
    /// What proves that a question comes from the function, and is not one that it was talked into:
    /// a header is more than a URL.
    pub token: String,
    pub cache: Cache<S>,
}

pub async fn serve(listener: TcpListener, secrets: Secrets<impl Source>) -> io::Result<()> {
    let secrets = Arc::new(secrets);
    let router = Router::new()
        .route("/secretsmanager/get", get(secret))
        .layer(from_fn_with_state(Arc::clone(&secrets), authorised))
        .with_state(secrets);
    axum::serve(listener, router).await
}

async fn authorised<S: Source>(
    State(secrets): State<Arc<Secrets<S>>>,
    question: Request,
    next: Next,
) -> Response {
    let given = question
        .headers()
        .get(TOKEN)
        .map_or(&b""[..], |it| it.as_bytes());
    let expected = secrets.token.as_bytes();
    if expected.is_empty() || !bool::from(given.ct_eq(expected)) {
        let remedy = "the header X-Aws-Parameters-Secrets-Token must be $AWS_SESSION_TOKEN, or with SnapStart \
            $AWS_CONTAINER_AUTHORIZATION_TOKEN";
        return (StatusCode::UNAUTHORIZED, remedy).into_response();
    }
    next.run(question).await
}

async fn secret<S: Source>(
    State(secrets): State<Arc<Secrets<S>>>,
    Query(question): Query<Question>,
) -> Response {
    let json = [(CONTENT_TYPE, "application/json")];
    match secrets.cache.get(&question).await {
        Ok(secret) => (json, secret.reveal()).into_response(),
        Err(Failure::Refused { status, body }) => (status, json, body).into_response(),
        Err(Failure::Unavailable(why)) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}
