//! From what is borrowed to what can be kept.

use std::borrow::Cow;
use std::time::Duration;

/// A value that may borrow from the JSON that it was read from.
pub(crate) trait Detach {
    /// The same without a borrow.
    type Detached;

    fn detach(self) -> Self::Detached;
}

impl Detach for Cow<'_, str> {
    type Detached = Cow<'static, str>;

    fn detach(self) -> Cow<'static, str> {
        Cow::Owned(self.into_owned())
    }
}

impl<T: Detach> Detach for Option<T> {
    type Detached = Option<T::Detached>;

    fn detach(self) -> Self::Detached {
        self.map(T::detach)
    }
}

impl<T: Detach> Detach for Vec<T> {
    type Detached = Vec<T::Detached>;

    fn detach(self) -> Self::Detached {
        self.into_iter().map(T::detach).collect()
    }
}

/// Lists what borrows nothing.
macro_rules! borrow_nothing {
    ($($type:ty),+ $(,)?) => {
        $(
            impl $crate::json::Detach for $type {
                type Detached = Self;

                fn detach(self) -> Self {
                    self
                }
            }
        )+
    };
}
pub(crate) use borrow_nothing;

borrow_nothing!(u64, Duration);
