//! The HTTP server of the platform's APIs.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::call::Call;
use super::delivery;
use super::fault::Fault;
use super::faulty_stream::{FaultHandle, FaultyStream, WriteFault};
use super::incoming::{Answer, IncomingRequest};
use super::platform::Platform;
use super::record::StepKind;
use super::reply::Reply;
use super::route::{route, unrouted};
use super::shared::Shared;

/// The longest body on Managed Instances.
const MAX_MANAGED_BODY: usize = 1024 * 1024;

/// The pause after a failure to accept a connection, such as too many open files.
const ACCEPT_RETRY: Duration = Duration::from_millis(10);

/// Accepts connections for ever. Each is served by a task of its own.
pub(super) async fn serve(listener: TcpListener, shared: Shared) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_connection(stream, shared.clone()));
            }
            Err(_) => sleep(ACCEPT_RETRY).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, shared: Shared) {
    let _ = stream.set_nodelay(true);
    let fault = FaultHandle::default();
    let stream = TokioIo::new(FaultyStream::new(stream, fault.clone()));
    let service = service_fn(|request| {
        let (shared, fault) = (shared.clone(), fault.clone());
        async move { Ok::<_, Infallible>(respond(&shared, &fault, request).await) }
    });
    // A client that hangs up, or sends no HTTP, ends its connection only.
    let _ = http1::Builder::new()
        .serve_connection(stream, service)
        .await;
}

async fn respond(
    shared: &Shared,
    fault: &FaultHandle,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    // The fault of an earlier answer on this connection is over.
    fault.set(WriteFault::None);
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        // The client has hung up.
        return Response::default();
    };
    let mut request = read(&head, body.to_bytes().into());
    let reply = match route(&request.method, &request.path) {
        Ok((call, request_id)) => {
            request.request_id = request_id;
            answer(shared, fault, call, request).await
        }
        Err(mismatch) => shared.change(|platform| {
            let reply = unrouted(mismatch, &request.method, platform.managed());
            platform.record(StepKind::Answered(request.answered(None, &reply)));
            reply
        }),
    };
    response(reply)
}

/// Answers a call, or makes the fault that was injected into it.
async fn answer(
    shared: &Shared,
    handle: &FaultHandle,
    call: Call,
    request: IncomingRequest,
) -> Reply {
    match shared.change(|platform| platform.take_fault(call)) {
        None => {}
        Some(Fault::Reply { status, body }) => return Reply::json_text(status, body),
        Some(Fault::Close) => {
            handle.set(WriteFault::Truncate(0));
            return Reply::default();
        }
        Some(Fault::Raw(bytes)) => {
            handle.set(WriteFault::Replace { bytes, written: 0 });
            return Reply::default();
        }
        Some(Fault::LoseReply) => handle.set(WriteFault::Truncate(0)),
        Some(Fault::TruncateReply(bytes)) => handle.set(WriteFault::Truncate(bytes)),
        Some(Fault::Slow(pause)) => handle.set(WriteFault::Slow(pause)),
        Some(Fault::Delay(time)) => sleep(time).await,
    }
    make(shared, call, request).await
}

/// Makes a call, and waits for its answer.
async fn make(shared: &Shared, call: Call, mut request: IncomingRequest) -> Reply {
    if shared.look(Platform::managed) && request.body.len() > MAX_MANAGED_BODY {
        if let Some(reply) = body_too_long(call) {
            let answered = StepKind::Answered(request.answered(Some(call), &reply));
            shared.change(|platform| platform.record(answered));
            return reply;
        }
    }
    if call == Call::Telemetry && shared.look(|platform| platform.may_subscribe(&request)) {
        request.connected = delivery::connect(&request.body).await;
    }
    let answer = shared.change(|platform| platform.answer(call, &mut request));
    // The call may have been a subscription.
    delivery::serve(shared);
    match answer {
        Answer::Now(reply) | Answer::Event(reply) => reply,
        // The environment has ended, and its extensions with it.
        Answer::Later(later) => later.await.unwrap_or_else(|_| Reply::not_found()),
    }
}

/// The answer of a managed instance to a body of more than 1 MiB, for calls that read the body.
fn body_too_long(call: Call) -> Option<Reply> {
    let reply = match call {
        Call::Register => Reply::forbidden("InvalidRequestFormat", "http: request body too large"),
        Call::Telemetry => Reply::internal_error(),
        _ => return None,
    };
    Some(reply.with_header("Connection", "close"))
}

fn read(head: &Parts, body: Vec<u8>) -> IncomingRequest {
    let header = |name: &str| {
        let value = head.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    IncomingRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        name: header("Lambda-Extension-Name"),
        features: header("Lambda-Extension-Accept-Feature"),
        identifier: header("Lambda-Extension-Identifier"),
        error_type: header("Lambda-Extension-Function-Error-Type")
            .or_else(|| header("Lambda-Runtime-Function-Error-Type")),
        body,
        ..IncomingRequest::default()
    }
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(reply.status);
    if let Some(content_type) = reply.content_type {
        response = response.header("Content-Type", content_type);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(reply.body)).unwrap_or_default()
}
