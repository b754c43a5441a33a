use lambda_ext::lambda_extension;

#[lambda_extension]
mod flusher {}
