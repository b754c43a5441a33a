//! The platform's APIs over HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::http::{Method, Response};
use axum::routing::any;
use tokio::time::sleep;

use super::fault::Fault;
use super::platform::{Answer, Request};
use super::record::What;
use super::reply::Reply;
use super::shared::Shared;
use super::wire::{Fate, Spoilt};
use super::{Call, delivery};

/// On Managed Instances, what a body may have.
const LONGEST_BODY: usize = 1024 * 1024;

/// Every request of one environment: the platform's router is stricter than any of ours.
pub(super) fn router(shared: &Shared) -> Router {
    Router::new()
        .fallback(any(serve))
        .with_state(shared.clone())
}

async fn serve(
    State(shared): State<Shared>,
    ConnectInfo(fate): ConnectInfo<Fate>,
    request: axum::extract::Request,
) -> Response<Body> {
    // The fault of an earlier answer on this connection is over.
    fate.set(Spoilt::Not);
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        // It hung up.
        return Response::new(Body::empty());
    };
    let mut request = read(&head);
    request.body = body.to_vec();
    let reply = match route(&head.method, head.uri.path(), &mut request) {
        Ok(call) => answer(&shared, &fate, call, request).await,
        Err(unrouted) => {
            let managed = shared.look(|platform| platform.settings.managed());
            let reply = unrouted.reply(managed);
            shared.change(|platform| platform.note_answered(None, None, &request, &reply));
            reply
        }
    };
    respond(reply)
}

async fn answer(shared: &Shared, fate: &Fate, call: Call, mut request: Request) -> Reply {
    let fault = shared.change(|platform| {
        let fault = platform.faults.take(call)?;
        let what = What::Faulted {
            call,
            fault: fault.to_string(),
            made: fault.makes_the_call(),
        };
        platform.note(what);
        Some(fault)
    });
    match fault {
        None => {}
        Some(Fault::Reply { status, body }) => {
            return Reply {
                status,
                content_type: Some("application/json"),
                body,
                ..Reply::default()
            };
        }
        Some(Fault::Close) => {
            fate.set(Spoilt::After(0));
            return Reply::default();
        }
        Some(Fault::Raw(bytes)) => {
            fate.set(Spoilt::Instead { bytes, sent: 0 });
            return Reply::default();
        }
        Some(Fault::Lose) => fate.set(Spoilt::After(0)),
        Some(Fault::Cut(bytes)) => fate.set(Spoilt::After(bytes)),
        Some(Fault::Slow(pause)) => fate.set(Spoilt::Slowly(pause)),
        Some(Fault::Delay(time)) => sleep(time).await,
    }
    if shared.look(|platform| platform.settings.managed()) && request.body.len() > LONGEST_BODY {
        if let Some(reply) = too_long(call) {
            shared.change(|platform| platform.note_answered(Some(call), None, &request, &reply));
            return reply;
        }
    }
    if call == Call::Telemetry && shared.look(|platform| platform.may_subscribe(&request)) {
        request.dialled = delivery::dial(&request.body).await;
    }
    let answer = shared.change(|platform| platform.answer(call, &mut request));
    // A subscription that was accepted is served from now on.
    delivery::serve(shared);
    match answer {
        Answer::Now(reply) | Answer::Event(reply) => reply,
        // The environment is gone, and its extensions with it.
        Answer::Later(later) => later.await.unwrap_or_else(|_| Reply::not_found()),
    }
}

/// What a managed instance says to a body of more than 1 MiB, where it reads it.
fn too_long(call: Call) -> Option<Reply> {
    let reply = match call {
        Call::Register => Reply::forbidden("InvalidRequestFormat", "http: request body too large"),
        Call::Telemetry => Reply::internal_error(),
        _ => return None,
    };
    Some(reply.with_header("Connection", "close"))
}

/// A request that is no call.
enum Unrouted {
    /// The platform answers it, but it is not part of any documented API.
    Ping,
    Path,
    /// The path is this call's, the method is not.
    Method(Call, bool),
}

impl Unrouted {
    fn reply(&self, managed: bool) -> Reply {
        match self {
            Self::Ping => Reply::text(200, "pong"),
            Self::Path | Self::Method(Call::Logs, _) if managed => Reply::not_found(),
            Self::Path => Reply::not_found(),
            Self::Method(call, known) => {
                let allow = (*known && !managed).then_some(call.method());
                Reply::method_not_allowed(allow)
            }
        }
    }
}

fn route(method: &Method, path: &str, request: &mut Request) -> Result<Call, Unrouted> {
    if path == "/2018-06-01/ping" {
        return Err(Unrouted::Ping);
    }
    let matches = |call: &Call| match call.path().split_once("{request_id}") {
        None => (call.path() == path).then_some(None),
        Some((before, after)) => {
            let id = path.strip_prefix(before)?.strip_suffix(after)?;
            (!id.contains('/')).then(|| Some(id.to_owned()))
        }
    };
    let (call, id) = Call::ALL
        .into_iter()
        .find_map(|call| Some((call, matches(&call)?)))
        .ok_or(Unrouted::Path)?;
    if method.as_str() != call.method() {
        let known = [
            Method::CONNECT,
            Method::DELETE,
            Method::GET,
            Method::HEAD,
            Method::OPTIONS,
            Method::PATCH,
            Method::POST,
            Method::PUT,
            Method::TRACE,
        ];
        return Err(Unrouted::Method(call, known.contains(method)));
    }
    request.of_invocation = id;
    Ok(call)
}

fn read(head: &Parts) -> Request {
    let header = |name: &str| {
        let value = head.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        name: header("Lambda-Extension-Name"),
        features: header("Lambda-Extension-Accept-Feature"),
        identifier: header("Lambda-Extension-Identifier"),
        error_type: header("Lambda-Extension-Function-Error-Type")
            .or_else(|| header("Lambda-Runtime-Function-Error-Type")),
        ..Request::default()
    }
}

fn respond(reply: Reply) -> Response<Body> {
    let mut response = Response::builder().status(reply.status);
    if let Some(content_type) = reply.content_type {
        response = response.header("Content-Type", content_type);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(reply.body))
        .unwrap_or_else(|_| Response::new(Body::empty()))
}
