//! What a block may hold besides handlers.

use lambda_ext::{InvokeEvent, lambda_extension};

macro_rules! helper {
    () => {
        fn helper(&self) -> u64 {
            self.invocations
        }
    };
}

/// Counts.
#[derive(Default)]
struct Flusher {
    invocations: u64,
}

/// Documented.
#[lambda_extension(events = [Invoke])]
impl Flusher {
    #![expect(clippy::missing_const_for_fn, reason = "helpers")]

    /// A constant with a block in its value.
    pub(crate) const STEP: u64 = if cfg!(unix) { 1 } else { 2 };

    helper! {}

    pub(crate) async fn r#invoke(&mut self, _event: InvokeEvent) {
        self.invocations = self.helper() + Self::STEP + Self::generic(&self.invocations);
        drop(Self::arrow(Box::new)(1));
    }

    fn generic<T: Copy>(value: &T) -> T
    where
        for<'a> &'a T: Sized,
    {
        *value
    }

    fn arrow<F: Fn(u64) -> Box<u64>>(f: F) -> impl Fn(u64) -> Box<u64> {
        move |n| f(n)
    }
}
