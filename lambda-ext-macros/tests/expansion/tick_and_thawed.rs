#[allow(clippy::unused_async, clippy::future_not_send)]
impl Shipper {
    async fn tick(&mut self) -> Result<(), Error> {
        self.flush().await
    }
    async fn thawed(&mut self, frozen_for: Duration) {
        self.client = Client::new();
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Handler for Shipper {
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
            &[::lambda_ext::EventType::Shutdown],
        )
        .tick(::core::time::Duration::from_millis(10000))
        .thawed()
        .fail_open();
    async fn tick(&mut self) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::tick(self).await;
        <Result<
            (),
            Error,
        > as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
    async fn thawed(
        &mut self,
        __frozen_for: ::core::time::Duration,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::thawed(self, __frozen_for).await;
        <() as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Launch for Shipper {
    type Prepared = ();
    async fn prepare() -> ::core::result::Result<(), ::lambda_ext::Error> {
        ::core::result::Result::Ok(())
    }
    async fn create(
        (): (),
        _: &::lambda_ext::Register,
    ) -> ::core::result::Result<Self, ::lambda_ext::Error> {
        ::core::result::Result::Ok(<Shipper as ::core::default::Default>::default())
    }
}
const _: () = ::lambda_ext::__private::assert_crate_root(::core::module_path!());
fn main() -> ::lambda_ext::__private::ExitCode {
    ::lambda_ext::__private::main::<Shipper>()
}
