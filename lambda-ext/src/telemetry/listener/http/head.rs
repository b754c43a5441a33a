//! The head of a request: where its body ends, and what becomes of the connection.

use std::mem::MaybeUninit;

use httparse::{Error, Request};

use super::Status;
use super::incoming::Incoming;
use crate::budget;

/// The most of a head, in bytes.
const MOST_BYTES: usize = 128 << 10;

const MOST_HEADERS: usize = 100;

/// What begins a connection by HTTP/2, which an answer by HTTP/1 says nothing to.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// By its method it may be one.
    pub(super) is_delivery: bool,
    pub(super) length: Length,
    /// There is a body, which is not sent before that is answered.
    pub(super) expects_continue: bool,
    /// No other request is to follow.
    pub(super) is_last: bool,
}

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// It has so many bytes.
    Known(usize),
    Chunked,
}

/// Waits for the next head. There is none at the end, and where one that has begun does not come in
/// time. A connection between requests has no time.
pub(super) async fn next(incoming: &mut Incoming) -> Option<Result<Head, Status>> {
    if incoming.unread().is_empty() {
        incoming.more().await.ok()?;
    }
    let head = if let Some(head) = take(incoming).transpose() {
        head
    } else {
        let rest = budget::in_time(budget::DELIVERY_HEAD, rest(incoming));
        rest.await.ok()??
    };
    if head.is_err() && incoming.unread().starts_with(HTTP_2) {
        return None;
    }
    Some(head)
}

/// Waits for the rest of a head.
async fn rest(incoming: &mut Incoming) -> Option<Result<Head, Status>> {
    loop {
        let known = incoming.unread().len();
        if known >= MOST_BYTES {
            return Some(Err(Status::HEAD_TOO_LARGE));
        }
        incoming.more().await.ok()?;
        // It is not read again for each of the bytes that it may come in.
        let may_end = incoming.unread().get(known.saturating_sub(2)..);
        if may_end.is_some_and(has_blank_line) {
            if let Some(head) = take(incoming).transpose() {
                return Some(head);
            }
        }
    }
}

fn has_blank_line(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', bytes)
        .filter_map(|at| bytes.get(at + 1..))
        .any(|next| next.starts_with(b"\n") || next.starts_with(b"\r\n"))
}

/// Takes the head that has come, if it is complete.
fn take(incoming: &mut Incoming) -> Result<Option<Head>, Status> {
    let Some((head, length)) = parse(incoming.unread())? else {
        return Ok(None);
    };
    incoming.skip(length);
    Ok(Some(head))
}

/// The head that these bytes begin with, and its length.
fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Status> {
    let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut request = Request::new(&mut []);
    match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(httparse::Status::Complete(length)) => Ok(Some((Head::of(&request)?, length))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(Error::TooManyHeaders) => Err(Status::HEAD_TOO_LARGE),
        Err(_) => Err(Status::BAD_REQUEST),
    }
}

impl Head {
    fn of(request: &Request<'_, '_>) -> Result<Self, Status> {
        let is_old = request.version == Some(0);
        let mut length = None;
        let mut head = Self {
            is_delivery: matches!(request.method, Some("POST" | "PUT")),
            length: Length::Known(0),
            expects_continue: false,
            is_last: is_old,
        };
        for header in &*request.headers {
            let is = |name| header.name.eq_ignore_ascii_case(name);
            let value = header.value.trim_ascii();
            let is_chunked = || value.eq_ignore_ascii_case(b"chunked");
            let found = if is("content-length") {
                Length::Known(content_length(value).ok_or(Status::BAD_REQUEST)?)
            } else if is("transfer-encoding") {
                if is_old || !is_chunked() {
                    return Err(Status::BAD_REQUEST);
                }
                Length::Chunked
            } else {
                if is("connection") {
                    head.is_last |= has_token(value, b"close");
                } else if is("expect") {
                    head.expects_continue |= !is_old && has_token(value, b"100-continue");
                }
                continue;
            };
            // Of two, another may have read the other, and what is a body to it is a request here.
            if length.replace(found).is_some() {
                return Err(Status::BAD_REQUEST);
            }
        }
        head.length = length.unwrap_or(head.length);
        head.expects_continue &= head.length != Length::Known(0);
        Ok(head)
    }
}

/// Digits, of a number that fits; one that does not fit here but does in 64 bits is too large, not
/// wrong.
fn content_length(value: &[u8]) -> Option<usize> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length = std::str::from_utf8(value).ok()?.parse::<u64>().ok()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

fn has_token(value: &[u8], token: &[u8]) -> bool {
    let mut tokens = value.split(|byte| *byte == b',');
    tokens.any(|it| it.trim_ascii().eq_ignore_ascii_case(token))
}
