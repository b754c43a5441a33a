//! Without the prelude, made by `Default` or by `prepare`.
#![no_implicit_prelude]

mod defaulted {
    use ::lambda_ext::{InvokeEvent, lambda_extension};
    use ::std::default::Default;

    #[derive(Default)]
    pub(crate) struct Flusher(u64);

    #[lambda_extension(main = false)]
    impl Flusher {
        async fn invoke(&mut self, _event: InvokeEvent) {
            self.0 += 1;
        }
    }

    const _: fn() = launches::<Flusher>;
    const fn launches<T: ::lambda_ext::Launch>() {}
}

use ::lambda_ext::{Register, lambda_extension};

struct Flusher(u64);

#[lambda_extension(flavor = "multi_thread", worker_threads = 2)]
impl Flusher {
    async fn prepare() -> Self {
        Self(0)
    }

    async fn init(&mut self, _register: Register) {
        self.0 += 1;
    }
}
