#[allow(clippy::unused_async, clippy::future_not_send)]
impl Flusher {
    async fn runtime_done(&mut self, done: RuntimeDone) -> Result<(), Error> {
        self.flush(done).await
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Handler for Flusher {
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
            &[::lambda_ext::EventType::Invoke, ::lambda_ext::EventType::Shutdown],
        )
        .buffering(::lambda_ext::Buffering::new().max_bytes(262144))
        .runtime_done();
    async fn runtime_done(
        &mut self,
        __done: ::lambda_ext::RuntimeDone,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::runtime_done(self, __done).await;
        <Result<
            (),
            Error,
        > as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Launch for Flusher {
    type Prepared = ();
    async fn prepare() -> ::core::result::Result<(), ::lambda_ext::Error> {
        ::core::result::Result::Ok(())
    }
    async fn create(
        (): (),
        _: &::lambda_ext::Register,
    ) -> ::core::result::Result<Self, ::lambda_ext::Error> {
        ::core::result::Result::Ok(<Flusher as ::core::default::Default>::default())
    }
}
const _: () = ::lambda_ext::__private::assert_crate_root(::core::module_path!());
fn main() -> ::lambda_ext::__private::ExitCode {
    ::lambda_ext::__private::main::<Flusher>()
}
