//! The memory of a large batch that is handled, for the next one: memory that returns to the system after each
//! batch must be mapped, and cleared, for each.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::budget;

#[derive(Debug, Default)]
pub(super) struct BufferPool(Mutex<Option<Vec<u8>>>);

impl BufferPool {
    /// Takes an empty buffer of at least this capacity, and of not far more, since the batch may be kept.
    pub(super) fn take(&self, length: usize) -> Option<Vec<u8>> {
        if length <= budget::SMALL_DELIVERY {
            return None;
        }
        let fits = |buffer: &mut Vec<u8>| (length..=2 * length).contains(&buffer.capacity());
        self.buffer().take_if(fits)
    }

    /// Keeps this buffer, in place of the one before.
    pub(super) fn put(&self, mut buffer: Vec<u8>) {
        if (budget::SMALL_DELIVERY..=budget::POOLED_BUFFER).contains(&buffer.capacity()) {
            buffer.clear();
            *self.buffer() = Some(buffer);
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
