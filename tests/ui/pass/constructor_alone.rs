//! Only wants to know what it runs beside.

use lambda_ext::{Register, lambda_extension};

struct Idler;

#[lambda_extension(events = [Shutdown])]
impl Idler {
    async fn init(register: Register) -> Self {
        println!("{}", register.function_name);
        Self
    }
}
