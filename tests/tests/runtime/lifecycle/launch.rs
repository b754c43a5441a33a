//! Types that make their own value: `prepare` before `register`, and a constructor after it.

use lambda_ext::emulator::{Emulator, Invocation};
use lambda_ext::{Config, Error, EventType, Handler, Launch, Register, ShutdownReason};
use lambda_ext_tests::fake::{self, Fake, bounded};

use super::extension;

/// A type that makes its own value.
struct Made {
    how: &'static str,
    function: String,
}

impl Handler for Made {
    const CONFIG: Config = Config::new(&[EventType::Shutdown]);
}

impl Launch for Made {
    type Prepared = &'static str;

    async fn prepare() -> Result<Self::Prepared, Error> {
        Ok("prepared")
    }

    async fn create(prepared: Self::Prepared, register: &Register) -> Result<Self, Error> {
        let function = register.function_name.clone();
        Ok(Self {
            how: prepared,
            function,
        })
    }
}

#[tokio::test]
async fn type_is_prepared_before_register_and_made_after() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            fake.expect(fake::NEXT).await.shutdown();
        };
        let made: Made = tokio::join!(extension.launch(), platform).0.unwrap();
        assert_eq!((made.how, &*made.function), ("prepared", "orders"));
    })
    .await;
}

struct Unprepared;

impl Handler for Unprepared {
    const CONFIG: Config = Config::new(&[EventType::Invoke]);
}

impl Launch for Unprepared {
    type Prepared = Self;

    async fn prepare() -> Result<Self, Error> {
        Err("the port is taken".into())
    }

    async fn create(prepared: Self, _: &Register) -> Result<Self, Error> {
        Ok(prepared)
    }
}

#[tokio::test]
async fn failed_prepare_is_returned_if_register_fails() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let platform = async { fake.expect(fake::REGISTER).await.reply(403, "", "{}") };
        let outcome = tokio::join!(extension.launch::<Unprepared>(), platform).0;
        let error = outcome.err().unwrap();
        assert_eq!(error.to_string(), "`prepare` failed: the port is taken");
    })
    .await;
}

#[tokio::test]
async fn failed_prepare_is_an_init_error_after_register() {
    bounded(async {
        let mut fake = Fake::start().await;
        let extension = extension(&fake);
        let platform = async {
            fake.expect(fake::REGISTER).await.registered();
            let report = fake.expect(fake::INIT_ERROR).await;
            assert_eq!(report.json()["errorMessage"], "the port is taken");
            assert_eq!(report.json()["errorType"], "Extension.PrepareFailed");
            report.accepted();
        };
        let outcome = tokio::join!(extension.launch::<Unprepared>(), platform).0;
        let error = outcome.err().unwrap();
        assert_eq!(error.to_string(), "`prepare` failed: the port is taken");
        assert!(fake.unasked().is_none());
    })
    .await;
}

/// A handler by the attribute, without its `main`.
mod attribute {
    use lambda_ext::{InvokeEvent, Register, lambda_extension};

    pub(super) struct Constructed {
        pub(super) function: String,
        pub(super) invocations: u32,
    }

    #[lambda_extension(main = false)]
    impl Constructed {
        async fn init(register: Register) -> Self {
            Self {
                function: register.function_name,
                invocations: 0,
            }
        }

        async fn invoke(&mut self, _: InvokeEvent) {
            self.invocations += 1;
        }

        async fn shutdown(&mut self, _: lambda_ext::ShutdownEvent) {}
    }
}

#[tokio::test]
async fn launched_type_with_constructor_is_returned() {
    bounded(async {
        let emulator = Emulator::builder().start().await.unwrap();
        let extension = emulator.extension("constructed");
        let scenario = async {
            emulator.init().await?;
            emulator.invoke(Invocation::default()).await?;
            emulator.shutdown(ShutdownReason::Spindown).await
        };
        let (handler, outcome) =
            tokio::join!(extension.launch::<attribute::Constructed>(), scenario);
        outcome.unwrap();
        let handler = handler.unwrap();
        assert_eq!(
            (&*handler.function, handler.invocations),
            ("my-function", 1)
        );
    })
    .await;
}
