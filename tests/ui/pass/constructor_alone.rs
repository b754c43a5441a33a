//! Only wants to know what it runs beside.

use lambda_ext::{Register, lambda_extension};

struct Idler;

#[lambda_extension(events = [Shutdown])]
impl Idler {
    async fn init(register: Register) -> Self {
        Self::do_shutdown(&register.function_name);
        Self
    }

    /// Near to the name of a handler, and none.
    fn do_shutdown(name: &str) {
        println!("{name}");
    }
}
