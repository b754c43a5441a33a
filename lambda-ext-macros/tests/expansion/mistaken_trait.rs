impl Flusher {
    async fn invoke(&mut self, event: InvokeEvent) {}
}
const _: () = {
    fn __handler<T: lambda_ext::Handler>() {}
};
fn main() {}
::core::compile_error! {
    "`#[lambda_extension]` must be placed on an inherent `impl` block\nhelp: remove `Handler for`; the attribute writes that `impl` for you"
}
