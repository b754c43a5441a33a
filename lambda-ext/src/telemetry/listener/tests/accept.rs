//! Connections are accepted, so many at once, until the end.

use std::cell::Cell;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::super::limiter::Slot;
use super::super::{connections_within, serve_all};
use super::*;
use crate::budget;

#[tokio::test]
async fn port_in_use_cannot_be_bound() {
    let listener = Listener::bind(LOCAL, Protocol::Http).unwrap();
    let address = SocketAddr::new(LOCAL.ip(), listener.port());
    let error = Listener::bind(address, Protocol::Http).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn connection_before_serving_is_served() {
    let listener = Listener::bind(LOCAL, Protocol::Http).unwrap();
    let mut early = Connection::to(listener.port()).await;
    early.send(post("[1]")).await;
    let _serving = listener.serve(Inbox::new(WANTED));
    assert_eq!(early.answer().await, 200);
}

#[tokio::test]
async fn dropping_it_ends_connections_and_frees_the_port() {
    let served = Served::by(Protocol::Http);
    let mut connection = served.connect().await;
    assert_eq!(connection.post("[1]").await, 200);
    drop(served.serving);
    assert_eq!(connection.ended().await, "");
    let address = SocketAddr::new(LOCAL.ip(), served.port);
    while TcpListener::bind(address).await.is_err() {
        yield_now().await;
    }
}

#[test]
fn connections_follow_the_limit_of_open_files() {
    let limits = |files| {
        format!(
            "Limit                     Soft Limit           Hard Limit           Units     \n\
             Max processes             unlimited            unlimited            processes \n\
             Max open files            {files:<20} 524288               files     \n"
        )
    };
    for (files, connections) in [("1024", 64), ("256", 64), ("64", 16), ("10", 2), ("0", 2)] {
        assert_eq!(connections_within(&limits(files)), connections, "{files}");
    }
    for other in [&*limits("unlimited"), ""] {
        assert_eq!(connections_within(other), budget::CONNECTIONS);
    }
}

#[tokio::test]
async fn connection_is_evicted_when_no_file_is_left() {
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut accepted = 0;
    let mut failed = false;
    // EMFILE instead of the third.
    let accept = move |context: &mut Context<'_>| {
        if accepted == 2 && !failed {
            failed = true;
            return Poll::Ready(Err(io::Error::from_raw_os_error(24)));
        }
        let connection = listener.poll_accept(context);
        accepted += usize::from(connection.is_ready());
        connection
    };
    let serve = |stream: TcpStream, slot: Slot| async move {
        slot.evicted().await;
        drop(stream);
    };
    let _serving = Serving(tokio::spawn(serve_all(accept, || 64, serve)));
    let mut first = Connection::to(port).await;
    let _second = Connection::to(port).await;
    assert_eq!(first.ended().await, "");
}

#[derive(Debug, Default)]
struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
    ended: AtomicUsize,
}

impl Count {
    /// A delivery without an end.
    async fn serve(self: Arc<Self>, stream: TcpStream, slot: Slot) {
        slot.begin_delivery();
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Connection(BufReader::new(stream)).ended().await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn connections_served_at_once_are_limited() {
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accept = move |context: &mut Context<'_>| listener.poll_accept(context);
    let count = Arc::new(Count::default());
    let serve = {
        let count = Arc::clone(&count);
        move |stream, slot| Arc::clone(&count).serve(stream, slot)
    };
    let _serving = Serving(tokio::spawn(serve_all(accept, || 2, serve)));
    let mut connections = Vec::new();
    for _ in 0..5 {
        connections.push(Connection::to(port).await);
    }
    // Time for more to be served, which none is.
    for _ in 0..100 {
        yield_now().await;
    }
    drop(connections);
    while count.ended.load(Ordering::Relaxed) < 5 {
        yield_now().await;
    }
    assert_eq!(count.most.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn failed_accept_is_retried_after_a_pause() {
    let attempts = Cell::new(0);
    let accept = |_: &mut Context<'_>| {
        attempts.set(attempts.get() + 1);
        // EMFILE
        Poll::Ready(Err(io::Error::from_raw_os_error(24)))
    };
    let serve = |_, _| pending::<()>();
    let serving = timeout(Duration::from_millis(1050), serve_all(accept, || 1, serve));
    assert!(serving.await.is_err(), "it must not end");
    assert_eq!(attempts.get(), 11);
}
