use lambda_ext::lambda_extension;

#[lambda_extension]
pub use std::rc::Rc;
