//! Connections with faults in their writes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// Injects faults into one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct FaultHandle(Arc<Mutex<WriteFault>>);

/// A fault in the writes of a connection.
#[derive(Debug, Default)]
pub(super) enum WriteFault {
    #[default]
    None,
    /// So many bytes more are written, then the connection ends.
    Truncate(usize),
    /// These bytes are written instead, then the connection ends.
    Replace { bytes: Vec<u8>, written: usize },
    /// Each byte is written after a pause.
    Slow(Duration),
}

impl FaultHandle {
    pub(super) fn set(&self, fault: WriteFault) {
        *self.lock() = fault;
    }

    fn lock(&self) -> MutexGuard<'_, WriteFault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, with its fault.
pub(super) struct FaultyStream {
    stream: TcpStream,
    fault: FaultHandle,
    pause: Option<Pin<Box<Sleep>>>,
}

impl FaultyStream {
    pub(super) fn new(stream: TcpStream, fault: FaultHandle) -> Self {
        Self {
            stream,
            fault,
            pause: None,
        }
    }
}

impl AsyncRead for FaultyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let stream = Pin::new(&mut this.stream);
        match &mut *this.fault.lock() {
            WriteFault::None => stream.poll_write(context, bytes),
            WriteFault::Truncate(0) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            WriteFault::Truncate(left) => {
                let written = ready!(stream.poll_write(context, &bytes[..bytes.len().min(*left)]))?;
                *left -= written;
                Poll::Ready(Ok(written))
            }
            WriteFault::Replace { bytes, written } => {
                let mut stream = stream;
                while *written < bytes.len() {
                    *written += ready!(stream.as_mut().poll_write(context, &bytes[*written..]))?;
                }
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            WriteFault::Slow(pause) => {
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
