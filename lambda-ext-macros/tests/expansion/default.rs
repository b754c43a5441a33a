#[allow(clippy::unused_async, clippy::future_not_send)]
/// Counts.
impl Flusher {
    async fn invoke(&self, _: InvokeEvent) {}
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Handler for Flusher {
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
        &[::lambda_ext::EventType::Invoke],
    );
    async fn invoke(
        &mut self,
        __event: ::lambda_ext::InvokeEvent,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::invoke(self, __event).await;
        <() as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
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
