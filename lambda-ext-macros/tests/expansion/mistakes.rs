impl Flusher {
    fn invoke(&mut self, event: InvokeEvent) {}
}
fn main() {}
::core::compile_error! {
    "event `Shutdown` has no handler\nhelp: add `async fn shutdown(&mut self, event: ShutdownEvent) -> Result<(), Error>` to this `impl` block"
}
::core::compile_error! {
    "handler `invoke` must be an `async fn`"
}
