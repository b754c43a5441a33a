//! Connections whose answers can be spoilt.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

/// Accepts connections that can be spoilt.
pub(super) struct Wires(pub(super) TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        // axum's own accept goes on after errors.
        let (stream, address) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true);
        let wire = Wire {
            stream,
            fate: Fate::default(),
            pause: None,
        };
        (wire, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// What becomes of the bytes that are written on a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate(Arc<Mutex<Spoilt>>);

#[derive(Debug, Default)]
pub(super) enum Spoilt {
    #[default]
    Not,
    /// So many bytes more, then the connection ends.
    After(usize),
    /// These instead, then the connection ends.
    Instead { bytes: Vec<u8>, sent: usize },
    /// Byte by byte, for this answer.
    Slowly(Duration),
}

impl Fate {
    pub(super) fn set(&self, spoilt: Spoilt) {
        *self.lock() = spoilt;
    }

    fn lock(&self) -> MutexGuard<'_, Spoilt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, Wires>> for Fate {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().fate.clone()
    }
}

/// One connection.
pub(super) struct Wire {
    stream: TcpStream,
    fate: Fate,
    pause: Option<Pin<Box<Sleep>>>,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let stream = Pin::new(&mut this.stream);
        match &mut *this.fate.lock() {
            Spoilt::Not => stream.poll_write(context, bytes),
            Spoilt::After(0) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Spoilt::After(left) => {
                let written = ready!(stream.poll_write(context, &bytes[..bytes.len().min(*left)]))?;
                *left -= written;
                Poll::Ready(Ok(written))
            }
            Spoilt::Instead { bytes, sent } => {
                let mut stream = stream;
                while *sent < bytes.len() {
                    *sent += ready!(stream.as_mut().poll_write(context, &bytes[*sent..]))?;
                }
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Spoilt::Slowly(pause) => {
                let wait = this.pause.get_or_insert_with(|| Box::pin(sleep(*pause)));
                ready!(wait.as_mut().poll(context));
                this.pause = None;
                stream.poll_write(context, &bytes[..bytes.len().min(1)])
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
