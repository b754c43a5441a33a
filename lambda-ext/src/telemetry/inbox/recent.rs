//! The last few of many.

use std::collections::VecDeque;

/// How many.
const MOST: usize = 64;

/// Remembers what was added last, to know it again.
#[derive(Debug)]
pub(super) struct Recent<T>(VecDeque<T>);

impl<T> Recent<T> {
    pub(super) fn add(&mut self, one: T) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(one);
    }

    pub(super) fn contains<K: ?Sized>(&self, one: &K) -> bool
    where
        T: PartialEq<K>,
    {
        self.0.iter().any(|it| it == one)
    }

    pub(super) fn forget<K: ?Sized>(&mut self, one: &K)
    where
        T: PartialEq<K>,
    {
        self.0.retain(|it| it != one);
    }

    pub(super) fn last(&self) -> Option<&T> {
        self.0.back()
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}
