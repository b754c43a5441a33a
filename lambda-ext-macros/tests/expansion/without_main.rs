#[allow(clippy::unused_async, clippy::future_not_send)]
impl<S> Flusher<S>
where
    S: Sink,
{
    async fn shutdown(&mut self, event: ShutdownEvent) -> Fallible {
        self.sink.flush().await
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl<S> ::lambda_ext::Handler for Flusher<S>
where
    S: Sink,
{
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
        &[::lambda_ext::EventType::Shutdown],
    );
    async fn shutdown(
        &mut self,
        __event: ::lambda_ext::ShutdownEvent,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::shutdown(self, __event).await;
        <Fallible as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl<S> ::lambda_ext::Launch for Flusher<S>
where
    S: Sink,
{
    type Prepared = ();
    async fn prepare() -> ::core::result::Result<(), ::lambda_ext::Error> {
        ::core::result::Result::Ok(())
    }
    async fn create(
        (): (),
        _: &::lambda_ext::Register,
    ) -> ::core::result::Result<Self, ::lambda_ext::Error> {
        ::core::result::Result::Ok(<Flusher<S> as ::core::default::Default>::default())
    }
}
