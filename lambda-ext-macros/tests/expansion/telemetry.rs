#[allow(clippy::unused_async, clippy::future_not_send)]
impl Shipper {
    async fn telemetry(&mut self, batch: TelemetryBatch) {
        self.ship(batch.as_str()).await;
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Handler for Shipper {
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
            &[::lambda_ext::EventType::Shutdown],
        )
        .telemetry(
            &[
                ::lambda_ext::TelemetryType::Platform,
                ::lambda_ext::TelemetryType::Function,
            ],
        )
        .buffering(::lambda_ext::Buffering::new().max_items(1000).timeout_ms(100));
    async fn telemetry(
        &mut self,
        __batch: ::lambda_ext::TelemetryBatch,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::telemetry(self, __batch).await;
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
