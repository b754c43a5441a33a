//! The routes of the platform's APIs, which are stricter than those of common routers.

use super::call::Call;
use super::reply::Reply;

/// The methods that the platform's router knows.
const METHODS: [&str; 9] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
];

/// A request that is no call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// The platform answers it, but it is not part of any documented API.
    Ping,
    Path,
    /// The path is this call's, but the method is not.
    Method(Call),
}

/// Returns the call of a method and a path, with the request id in the path.
pub(super) fn route(method: &str, path: &str) -> Result<(Call, Option<String>), Mismatch> {
    if path == "/2018-06-01/ping" {
        return Err(Mismatch::Ping);
    }
    let matches = |call: &Call| match call.path().split_once("{request_id}") {
        None => (call.path() == path).then_some(None),
        Some((before, after)) => {
            let id = path.strip_prefix(before)?.strip_suffix(after)?;
            (!id.contains('/')).then(|| Some(id.to_owned()))
        }
    };
    let (call, request_id) = Call::ALL
        .iter()
        .find_map(|call| Some((*call, matches(call)?)))
        .ok_or(Mismatch::Path)?;
    if method == call.method() {
        Ok((call, request_id))
    } else {
        Err(Mismatch::Method(call))
    }
}

/// The answer to a request that is no call.
pub(super) fn unrouted(mismatch: Mismatch, method: &str, managed: bool) -> Reply {
    match mismatch {
        Mismatch::Ping => Reply::text(200, "pong"),
        Mismatch::Path => Reply::not_found(),
        Mismatch::Method(Call::Logs) if managed => Reply::not_found(),
        Mismatch::Method(call) => {
            let allow = METHODS.contains(&method) && !managed;
            Reply::method_not_allowed(allow.then_some(call.method()))
        }
    }
}
