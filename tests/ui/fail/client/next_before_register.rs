async fn example() -> Result<(), lambda_ext::ClientError> {
    lambda_ext::Client::from_env()?.next_event().await?;
    Ok(())
}

fn main() {
    drop(example());
}
