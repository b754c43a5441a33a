//! A worker thread for each core.

use lambda_ext::lambda_extension;

#[derive(Default)]
struct Idler;

#[lambda_extension(flavor = "multi_thread", events = [Shutdown])]
impl Idler {}
