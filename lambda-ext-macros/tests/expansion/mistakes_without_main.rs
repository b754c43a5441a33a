struct Flusher;
::core::compile_error! {
    "`#[lambda_extension]` must be placed on an `impl` block, not on a struct\nhelp: move it to the block that defines the event handlers: `impl Flusher { .. }`"
}
