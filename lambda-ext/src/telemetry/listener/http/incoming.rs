//! A connection, and what has come by it and is not read yet.

use std::future::pending;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is read at once, in bytes: most deliveries with their heads.
const READ: usize = 16 << 10;

#[derive(Debug)]
pub(super) struct Incoming {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer is read.
    read: usize,
}

/// Nothing more comes: the other end is done, or gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended;

impl Incoming {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            read: 0,
        }
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.read..).unwrap_or_default()
    }

    /// So many bytes are read.
    pub(super) fn skip(&mut self, count: usize) {
        self.read = self.buffer.len().min(self.read + count);
    }

    /// Moves at most so many bytes, and returns how many there were.
    pub(super) fn move_to(&mut self, bytes: &mut Vec<u8>, most: usize) -> usize {
        let unread = self.unread();
        let part = unread.get(..most).unwrap_or(unread);
        bytes.extend_from_slice(part);
        let count = part.len();
        self.skip(count);
        count
    }

    /// Waits for more to be unread. Cancel safe.
    pub(super) async fn more(&mut self) -> Result<(), Ended> {
        self.buffer.drain(..self.read);
        self.read = 0;
        if self.buffer.len() == self.buffer.capacity() {
            self.buffer.reserve(READ);
        }
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => Err(Ended),
            Ok(_) => Ok(()),
        }
    }

    /// Waits for more of what is to have this length, past the buffer, when nothing is unread. One
    /// byte more than that is asked for: what brings the end is then seen to be all that there is,
    /// and the socket is not asked again in vain.
    pub(super) async fn more_to(
        &mut self,
        bytes: &mut Vec<u8>,
        length: usize,
    ) -> Result<(), Ended> {
        let most = u64::try_from(length.saturating_sub(bytes.len())).unwrap_or(u64::MAX);
        let mut stream = (&mut self.stream).take(most.saturating_add(1));
        match stream.read_buf(bytes).await {
            Ok(0) | Err(_) => Err(Ended),
            Ok(_) => {
                let next = bytes.get(length..).unwrap_or_default();
                self.buffer.extend_from_slice(next);
                bytes.truncate(length);
                Ok(())
            }
        }
    }

    /// Waits until the other end has nothing more to say, unless it has said more already.
    pub(super) async fn ended(&mut self) {
        if self.unread().is_empty() && self.more().await.is_err() {
            return;
        }
        pending::<()>().await;
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.stream.write_all(bytes).await.map_err(|_| Ended)
    }
}
