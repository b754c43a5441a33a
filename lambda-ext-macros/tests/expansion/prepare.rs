#[allow(clippy::unused_async, clippy::future_not_send)]
impl Server {
    async fn prepare() -> io::Result<Self> {
        Self::listen()
    }
    async fn init(&mut self, register: Register) {
        self.function = Some(register.function_name);
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Handler for Server {
    const CONFIG: ::lambda_ext::Config = ::lambda_ext::Config::new(
        &[::lambda_ext::EventType::Shutdown],
    );
    async fn init(
        &mut self,
        __register: ::lambda_ext::Register,
    ) -> ::core::result::Result<(), ::lambda_ext::Error> {
        let __output = Self::init(self, __register).await;
        <() as ::lambda_ext::__private::HandlerOutput>::into_result(__output)
    }
}
#[automatically_derived]
#[allow(clippy::future_not_send)]
impl ::lambda_ext::Launch for Server {
    type Prepared = Self;
    async fn prepare() -> ::core::result::Result<Self, ::lambda_ext::Error> {
        let __output = Self::prepare().await;
        <io::Result<
            Self,
        > as ::lambda_ext::__private::ConstructorOutput<Self>>::into_result(__output)
    }
    async fn create(
        __prepared: Self,
        _: &::lambda_ext::Register,
    ) -> ::core::result::Result<Self, ::lambda_ext::Error> {
        ::core::result::Result::Ok(__prepared)
    }
}
const _: () = ::lambda_ext::__private::assert_crate_root(::core::module_path!());
fn main() -> ::lambda_ext::__private::ExitCode {
    ::lambda_ext::__private::main_multi_thread::<Server>(::core::option::Option::Some(4))
}
