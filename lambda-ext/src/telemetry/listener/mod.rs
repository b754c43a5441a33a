//! Where telemetry is delivered to.

mod http;
mod limiter;
mod memory;
mod tcp;
#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)] // how a test fails
mod tests;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fs, io};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use self::limiter::{ConnectionLimiter, Slot};
use self::memory::DeliveryMemory;
use super::inbox::Inbox;
use super::subscription::Protocol;
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
    pub(crate) fn bind(address: SocketAddr, protocol: Protocol) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // As `TcpListener::bind` does, whose queue is too short under attack: a connection that finds
        // no place in it is tried again after a second.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let socket = socket.listen(budget::BACKLOG)?;
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
        let protocol = self.protocol;
        let accept = move |context: &mut Context<'_>| socket.poll_accept(context);
        let memory = Arc::new(DeliveryMemory::new());
        let serve = move |stream, slot| {
            let (inbox, memory) = (inbox.of_connection(), Arc::clone(&memory));
            async move {
                match protocol {
                    Protocol::Http => http::serve(stream, inbox, slot, &memory).await,
                    Protocol::Tcp => tcp::serve(stream, inbox, slot, &memory).await,
                }
            }
        };
        Serving(tokio::spawn(serve_all(accept, most_connections, serve)))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The least of [`most_connections`].
const FEW: usize = 2;

/// The most connections that are served at once: a quarter of the files that the process may have open,
/// since the extension needs some for itself.
fn most_connections() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    connections_within(&limits)
}

fn connections_within(limits: &str) -> usize {
    let mut files = limits
        .lines()
        .filter_map(|line| line.strip_prefix("Max open files"));
    let soft = files
        .next()
        .and_then(|limits| limits.split_whitespace().next());
    // Outside of Linux, and without a limit, there is no number.
    let files = soft.and_then(|soft| soft.parse::<usize>().ok());
    files.map_or(budget::CONNECTIONS, |files| {
        (files / 4).clamp(FEW, budget::CONNECTIONS)
    })
}

/// Serves every connection, at most so many at once: one more is accepted, and served when another is
/// evicted. Dropping the future ends all connections.
async fn serve_all<S>(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>>,
    most_connections: impl Fn() -> usize,
    serve: impl Fn(TcpStream, Slot) -> S,
) where
    S: Future<Output = ()> + Send + 'static,
{
    let limiter = Arc::new(ConnectionLimiter::default());
    let mut connections = JoinSet::new();
    // The platform alone has fewer connections, and costs no look at the limit.
    let mut most = None;
    loop {
        let accepted = poll_fn(|context| {
            while let Poll::Ready(Some(_)) = connections.poll_join_next(context) {}
            accept(context)
        });
        match accepted.await {
            Ok((stream, _)) => {
                let count = connections.len();
                if count >= FEW && count >= *most.get_or_insert_with(&most_connections) {
                    // A connection that was just accepted is to be read before it may be evicted.
                    for _ in 0..2 {
                        yield_now().await;
                    }
                    let _request = limiter.request_slot();
                    connections.join_next().await;
                }
                connections.spawn(serve(stream, limiter.add()));
            }
            Err(error) if has_no_file_left(&error) && !connections.is_empty() => {
                let _request = limiter.request_slot();
                let _ = timeout(budget::ACCEPT_PAUSE, connections.join_next()).await;
            }
            // The connections that are served go on, and the port is not given up.
            Err(_) => sleep(budget::ACCEPT_PAUSE).await,
        }
    }
}

/// Tells whether the process, or the system, may open no more files.
fn has_no_file_left(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}
