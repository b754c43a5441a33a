//! Prepares something and idles.

use lambda_ext::lambda_extension;

struct Idler;

#[lambda_extension]
impl Idler {
    async fn prepare() -> Self {
        println!("ready");
        Self
    }
}
