//! What requests are answered with.

use std::borrow::Cow;

/// A status, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(&'static str);

impl Status {
    pub(super) const OK: Self = Self("200 OK");
    pub(super) const BAD_REQUEST: Self = Self("400 Bad Request");
    pub(super) const METHOD_NOT_ALLOWED: Self = Self("405 Method Not Allowed");
    pub(super) const TIMEOUT: Self = Self("408 Request Timeout");
    pub(super) const TOO_LARGE: Self = Self("413 Payload Too Large");
    pub(super) const HEAD_TOO_LARGE: Self = Self("431 Request Header Fields Too Large");
    pub(super) const UNAVAILABLE: Self = Self("503 Service Unavailable");

    /// The whole answer; after the last one the connection is closed.
    pub(super) fn answer(self, is_last: bool) -> Cow<'static, str> {
        let close = if is_last { "connection: close\r\n" } else { "" };
        let allow = match self {
            Self::OK if !is_last => return "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into(),
            Self::METHOD_NOT_ALLOWED => "allow: POST, PUT\r\n",
            _ => "",
        };
        let Self(status) = self;
        format!("HTTP/1.1 {status}\r\n{allow}{close}content-length: 0\r\n\r\n").into()
    }
}
