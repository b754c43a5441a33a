//! The conversion from borrowed to owned values.

use std::borrow::Cow;
use std::time::Duration;

/// A value that may borrow from the JSON that it was read from.
pub(crate) trait IntoOwned {
    /// The same without a borrow.
    type Owned;

    fn into_owned(self) -> Self::Owned;
}

impl IntoOwned for Cow<'_, str> {
    type Owned = Cow<'static, str>;

    fn into_owned(self) -> Cow<'static, str> {
        Cow::Owned(self.into_owned())
    }
}

impl<T: IntoOwned> IntoOwned for Option<T> {
    type Owned = Option<T::Owned>;

    fn into_owned(self) -> Self::Owned {
        self.map(T::into_owned)
    }
}

impl<T: IntoOwned> IntoOwned for Vec<T> {
    type Owned = Vec<T::Owned>;

    fn into_owned(self) -> Self::Owned {
        self.into_iter().map(T::into_owned).collect()
    }
}

/// Lists what borrows nothing.
macro_rules! borrow_nothing {
    ($($type:ty),+ $(,)?) => {
        $(
            impl $crate::json::IntoOwned for $type {
                type Owned = Self;

                fn into_owned(self) -> Self {
                    self
                }
            }
        )+
    };
}
pub(crate) use borrow_nothing;

borrow_nothing!(u64, Duration);
