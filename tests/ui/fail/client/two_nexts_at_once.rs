async fn example(mut client: lambda_ext::RegisteredClient) {
    let first = client.next_event();
    let second = client.next_event();
    drop((first.await, second.await));
}

fn main() {
    let _ = example;
}
