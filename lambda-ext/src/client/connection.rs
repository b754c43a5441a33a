//! An HTTP/1.1 connection, and the exchange of a request for its response.
//!
//! hyper's connection is driven by the task that waits for the response, not by one of its own: an
//! event takes no switch between tasks, and the end of an idle connection is noticed when the next
//! request is about to be sent.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::budget;
use crate::error::Error;
use crate::report::{innermost, sources};

/// The most that is read of a response's body, in bytes. Events have a few hundred.
const LONGEST_BODY: usize = 1 << 20;

/// A connection that is open until an exchange fails.
pub(crate) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    driver: Driver,
}

impl Connection {
    /// Connects to a host name or an IP address.
    pub(crate) async fn open(host: &str, port: u16) -> Result<Self, ExchangeError> {
        let open = async {
            let stream = TcpStream::connect((host, port)).await?;
            // A request that takes two packets would wait for the platform's delayed acknowledgement.
            stream.set_nodelay(true)?;
            let (requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
            Ok(Self {
                requests,
                driver: Driver(Some(Box::new(connection))),
            })
        };
        open.await.map_err(ExchangeError::Broken)
    }

    /// The connection itself, unless the other end has closed it.
    pub(crate) async fn if_open(mut self) -> Option<Self> {
        poll_fn(|context| {
            self.driver.poll(context);
            Poll::Ready(self.requests.is_ready())
        })
        .await
        .then_some(self)
    }

    /// Sends a request and reads the head of the response. A dropped call leaves the connection
    /// unusable, and so does a body that is dropped before its end.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ExchangeError> {
        let response = self.requests.send_request(request);
        self.driver.run(response).await.map_err(|error| {
            let kind = if is_lost(&error) {
                ExchangeError::Lost
            } else {
                ExchangeError::Broken
            };
            kind(error.into())
        })
    }

    /// Sends a request and reads the whole response. A dropped call leaves the connection unusable.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, ExchangeError> {
        let (head, body) = self.send(request).await?.into_parts();
        let body = self.driver.run(Limited::new(body, LONGEST_BODY).collect());
        let Ok(body) = budget::in_time(budget::REPLY_BODY, body).await else {
            return Err(ExchangeError::Stalled);
        };
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ExchangeError::TooLong
            } else {
                ExchangeError::Broken(error)
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// The half of the connection that reads and writes. None once the connection has ended.
struct Driver(Option<Box<http1::Connection<TokioIo<TcpStream>, Full<Bytes>>>>);

impl Driver {
    fn poll(&mut self, context: &mut Context<'_>) {
        // hyper hands the error to the request that waits for a response.
        let ended = self
            .0
            .as_mut()
            .is_some_and(|connection| Pin::new(connection).poll(context).is_ready());
        if ended {
            self.0 = None;
        }
    }

    /// Reads and writes until `work` is done, which waits for the response or its body.
    async fn run<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.poll(context);
            work.as_mut().poll(context)
        })
        .await
    }
}

/// The failure of an exchange.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    /// The connection ended before the head of the response was in: the request may never have
    /// arrived. It has arrived where a part of the head came, which hyper does not tell apart.
    Lost(Error),
    /// The connection could not be opened, ended later, or carried something other than HTTP.
    Broken(Error),
    /// The body took longer than [`budget::REPLY_BODY`].
    Stalled,
    /// The body is longer than [`LONGEST_BODY`].
    TooLong,
}

/// The reason, without the name of the response that it is about.
impl fmt::Display for ExchangeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(source) | Self::Broken(source) => {
                fmt::Display::fmt(innermost(source.as_ref()), formatter)
            }
            Self::Stalled => {
                let after = budget::REPLY_BODY.as_millis();
                write!(formatter, "its body did not come within {after} ms")
            }
            Self::TooLong => write!(formatter, "it has more than {LONGEST_BODY} bytes"),
        }
    }
}

/// Tells whether the connection ended before the head of the response was in.
fn is_lost(error: &hyper::Error) -> bool {
    let closed = error.is_incomplete_message() || error.is_canceled();
    let reset = sources(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
            )
        })
    });
    closed || reset
}
