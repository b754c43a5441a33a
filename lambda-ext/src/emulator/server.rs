//! The Extensions API over HTTP.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post, put};

use super::Call;
use super::platform::{Answer, Request};
use super::reply::Reply;
use super::shared::Shared;

/// The routes of one environment.
pub(super) fn router(shared: &Shared) -> Router {
    let answer = |call: Call| {
        let shared = shared.clone();
        move |headers: HeaderMap, body: Bytes| async move {
            let request = read(&headers, &body);
            let answer = shared.change(|platform| platform.answer(call, &request));
            respond(match answer {
                Answer::Now(reply) => reply,
                // The environment is gone, and its extensions with it.
                Answer::Later(later) => later.await.unwrap_or_else(|_| Reply::not_found()),
            })
        }
    };
    Router::new()
        .route(
            "/2020-01-01/extension/register",
            post(answer(Call::Register)),
        )
        .route(
            "/2020-01-01/extension/event/next",
            // A HEAD is not to take an event.
            get(answer(Call::Next)).head(async || respond(Reply::method_not_allowed())),
        )
        .route(
            "/2020-01-01/extension/init/error",
            post(answer(Call::InitError)),
        )
        .route(
            "/2020-01-01/extension/exit/error",
            post(answer(Call::ExitError)),
        )
        .route(
            "/2022-07-01/telemetry",
            // It takes the body: with one that is left unread the connection would be closed, under
            // the feet of a client that sends it after the head.
            put(async |_: Bytes| respond(Reply::no_telemetry())),
        )
        .method_not_allowed_fallback(async || respond(Reply::method_not_allowed()))
        .fallback(async || respond(Reply::not_found()))
        .layer(DefaultBodyLimit::disable())
}

fn read(headers: &HeaderMap, body: &Bytes) -> Request {
    let header = |name: &str| {
        let value = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Request {
        name: header("Lambda-Extension-Name"),
        features: header("Lambda-Extension-Accept-Feature"),
        identifier: header("Lambda-Extension-Identifier"),
        error_type: header("Lambda-Extension-Function-Error-Type"),
        body: body.to_vec(),
    }
}

fn respond(reply: Reply) -> Response<Body> {
    let mut response = Response::builder().status(reply.status);
    if let Some(content_type) = reply.content_type {
        response = response.header("Content-Type", content_type);
    }
    if let Some((name, value)) = reply.header {
        response = response.header(name, value);
    }
    response
        .body(Body::from(reply.body))
        .unwrap_or_else(|_| Response::new(Body::empty()))
}
