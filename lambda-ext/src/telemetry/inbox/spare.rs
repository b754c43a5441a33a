//! The memory of a large batch that is done with, for the next one: what is given back to the system
//! after each batch has to be mapped, and cleared, for each.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::budget;

#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Option<Vec<u8>>>);

impl Spare {
    /// An empty buffer with room for so much, and not for far more, since the batch may be kept.
    pub(super) fn take(&self, length: usize) -> Option<Vec<u8>> {
        if length <= budget::SMALL_DELIVERY {
            return None;
        }
        let fits = |buffer: &mut Vec<u8>| (length..=2 * length).contains(&buffer.capacity());
        self.buffer().take_if(fits)
    }

    /// Keeps the last one only.
    pub(super) fn put(&self, mut buffer: Vec<u8>) {
        if (budget::SMALL_DELIVERY..=budget::SPARE).contains(&buffer.capacity()) {
            buffer.clear();
            *self.buffer() = Some(buffer);
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
