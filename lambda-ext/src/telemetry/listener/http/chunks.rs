//! Bodies that come in chunks, each after its size.

use memchr::memchr;

use super::Status;
use super::body::{PIECES, broken};
use super::incoming::Incoming;

/// The most of a line that is no data, in bytes: the size of a chunk, or a field behind them.
const LINE: usize = 4 << 10;

/// The most of all such lines of a body, in bytes.
const LINES: usize = 16 * PIECES;

/// How far a body is read.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    /// What of the chunk is not read yet.
    left: u64,
    pieces: usize,
    /// What of lines is read.
    lines: usize,
}

impl Chunks {
    /// Reads to the end, or until there is more than so much; returns whether it is the end.
    pub(super) async fn read(
        &mut self,
        incoming: &mut Incoming,
        bytes: &mut Vec<u8>,
        most: usize,
    ) -> Result<bool, Status> {
        bytes.reserve_exact(most.saturating_sub(bytes.len()));
        loop {
            if self.left == 0 {
                self.left = self.size(incoming).await?;
                if self.left == 0 {
                    self.trailers(incoming).await?;
                    return Ok(true);
                }
            }
            if incoming.unread().is_empty() {
                incoming.more().await.map_err(broken)?;
            }
            let left = usize::try_from(self.left).unwrap_or(usize::MAX);
            if incoming.unread().len().min(left) > most.saturating_sub(bytes.len()) {
                return Ok(false);
            }
            self.pieces += 1;
            if self.pieces > PIECES {
                return Err(Status::BAD_REQUEST);
            }
            self.left -= incoming.move_to(bytes, left) as u64;
            if self.left == 0 {
                end_of_chunk(incoming).await?;
            }
        }
    }

    /// Reads the size of the next chunk.
    async fn size(&mut self, incoming: &mut Incoming) -> Result<u64, Status> {
        loop {
            let unread = incoming.unread();
            // No digits at all would be 0.
            let begins = unread.first().is_none_or(u8::is_ascii_hexdigit);
            match httparse::parse_chunk_size(unread) {
                Ok(httparse::Status::Complete((length, size))) if begins => {
                    // An extension may have an end of line in it, which others take for its end.
                    if memchr(b'\n', unread) != length.checked_sub(1) {
                        return Err(Status::BAD_REQUEST);
                    }
                    self.line(incoming, length)?;
                    return Ok(size);
                }
                Ok(httparse::Status::Partial) if begins => more_of_line(incoming).await?,
                _ => return Err(Status::BAD_REQUEST),
            }
        }
    }

    /// Reads what is behind the last chunk, up to an empty line.
    async fn trailers(&mut self, incoming: &mut Incoming) -> Result<(), Status> {
        loop {
            let unread = incoming.unread();
            let Some(end) = memchr(b'\n', unread) else {
                more_of_line(incoming).await?;
                continue;
            };
            let line = unread.get(..end).unwrap_or_default();
            if memchr(b'\r', line).map(|at| at + 1) != Some(end) {
                return Err(Status::BAD_REQUEST);
            }
            let is_empty = end == 1;
            self.line(incoming, end + 1)?;
            if is_empty {
                return Ok(());
            }
        }
    }

    /// A line of this length is read.
    fn line(&mut self, incoming: &mut Incoming, length: usize) -> Result<(), Status> {
        incoming.skip(length);
        self.lines += length;
        if length > LINE || self.lines > LINES {
            return Err(Status::BAD_REQUEST);
        }
        Ok(())
    }
}

async fn end_of_chunk(incoming: &mut Incoming) -> Result<(), Status> {
    const END: &[u8] = b"\r\n";
    while incoming.unread().len() < END.len() && END.starts_with(incoming.unread()) {
        incoming.more().await.map_err(broken)?;
    }
    if !incoming.unread().starts_with(END) {
        return Err(Status::BAD_REQUEST);
    }
    incoming.skip(END.len());
    Ok(())
}

async fn more_of_line(incoming: &mut Incoming) -> Result<(), Status> {
    if incoming.unread().len() > LINE {
        return Err(Status::BAD_REQUEST);
    }
    incoming.more().await.map_err(broken)
}
