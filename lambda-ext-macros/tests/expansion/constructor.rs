#[allow(clippy::unused_async, clippy::future_not_send)]
impl Flusher {
    async fn init(register: Register) -> Result<Self, Error> {
        Ok(Self {
            function: register.function_name,
        })
    }
    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Error> {
        self.flush(event).await
    }
    async fn shutdown(&mut self, event: ShutdownEvent) {
        println!("{event:?}");
    }
    async fn flush(&mut self, event: InvokeEvent) -> Result<(), Error> {
        Ok(())
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Handler for Flusher {
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
        &[::lambda_ext::EventType::Invoke, ::lambda_ext::EventType::Shutdown],
    );
    async fn invoke(
        &mut self,
        __event: ::lambda_ext::InvokeEvent,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::invoke(self, __event).await;
        <Result<
            (),
            Error,
        > as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
    async fn shutdown(
        &mut self,
        __event: ::lambda_ext::ShutdownEvent,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::shutdown(self, __event).await;
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
        __register: &::lambda_ext::Register,
    ) -> ::core::result::Result<Self, ::lambda_ext::Error> {
        let __register: ::lambda_ext::Register = ::core::clone::Clone::clone(__register);
        let __output = Self::init(__register).await;
        <Result<
            Self,
            Error,
        > as ::lambda_ext::__private::ConstructorOutput<Self>>::into_result(__output)
    }
}
const _: () = ::lambda_ext::__private::assert_crate_root(::core::module_path!());
fn main() -> ::lambda_ext::__private::ExitCode {
    ::lambda_ext::__private::main::<Flusher>()
}
