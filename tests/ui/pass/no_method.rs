//! Does nothing, which it says.

use lambda_ext::lambda_extension;

#[derive(Default)]
struct Idler;

#[lambda_extension(events = [Shutdown])]
impl Idler {}
