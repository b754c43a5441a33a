#[allow(clippy::unused_async, clippy::future_not_send)]
impl Flusher {
    async fn invoke(&mut self, event: InvokeEvent) {
        self.flush().await
    }
    async fn shutdown(&mut self, event: ShutdownEvent) {
        self.flush().await
    }
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
    async fn shutdown(
        &mut self,
        __event: ::lambda_ext::ShutdownEvent,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::shutdown(self, __event).await;
        <() as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
}
