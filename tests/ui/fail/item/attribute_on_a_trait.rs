use lambda_ext::lambda_extension;

#[lambda_extension]
trait Flusher {
    fn flush();
}
