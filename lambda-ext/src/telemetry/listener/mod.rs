//! Where telemetry is delivered to.

mod http;
mod places;
mod tcp;
#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)] // how a test fails
mod tests;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use self::places::{Place, Places};
use super::inbox::Closed;
use super::{Inbox, Protocol};
use crate::budget;

/// A port that is taken. The platform may connect from here on; it is served later.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    protocol: Protocol,
}

/// Keeps the listener serving; dropping it ends all connections, and gives the port back.
#[derive(Debug)]
#[must_use]
pub(crate) struct Serving(JoinHandle<()>);

impl Listener {
    /// Port 0 is any that is free.
    pub(crate) async fn bind(address: SocketAddr, protocol: Protocol) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self {
            socket,
            address,
            protocol,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Puts what comes into the inbox, by tasks of their own.
    pub(crate) fn serve(self, inbox: Inbox) -> Serving {
        let socket = self.socket;
        let accept = move |context: &mut Context<'_>| socket.poll_accept(context);
        Serving(match self.protocol {
            Protocol::Http => {
                let bodies = Arc::new(Semaphore::new(budget::DELIVERIES));
                let serve = move |stream, place| {
                    http::serve(stream, inbox.of_connection(), place, Arc::clone(&bodies))
                };
                tokio::spawn(serve_all(accept, budget::CONNECTIONS, serve))
            }
            Protocol::Tcp => {
                let serve = move |stream, place| tcp::serve(stream, inbox.of_connection(), place);
                tokio::spawn(serve_all(accept, tcp::CONNECTIONS, serve))
            }
        })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves every connection, at most so many at once: one more is accepted, and gets its place when
/// another gives way. With this task its connections end.
async fn serve_all<S>(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>>,
    most: usize,
    serve: impl Fn(TcpStream, Place) -> S,
) where
    S: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Places::default());
    let mut connections = JoinSet::new();
    loop {
        let accepted = poll_fn(|context| {
            while let Poll::Ready(Some(_)) = connections.poll_join_next(context) {}
            accept(context)
        });
        match accepted.await {
            Ok((stream, _)) => {
                if connections.len() >= most {
                    let _wanting = places.want();
                    connections.join_next().await;
                }
                connections.spawn(serve(stream, places.take()));
            }
            // The connection may be gone before it was accepted, or files have run out: those that
            // are served go on, and the port is not given up.
            Err(_) => sleep(budget::ACCEPT_PAUSE).await,
        }
    }
}

/// JSON is UTF-8; a batch that is not loses what is not, and not the rest.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
