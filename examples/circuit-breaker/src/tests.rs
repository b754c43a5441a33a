use lambda_ext::emulator::Emulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::circuit::State;
use super::*;

/// Answers the next question, and only then.
async fn answer(dependency: &TcpListener, status: &str) {
    let (mut connection, _) = dependency.accept().await.unwrap();
    let mut question = [0; 1024];
    assert!(connection.read(&mut question).await.unwrap() > 0);
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.write_all(answer.as_bytes()).await.unwrap();
}

// A minute passes at once, and a tick comes then.
#[tokio::test(start_paused = true)]
async fn after_a_freeze_it_asks_again() -> Result<(), Error> {
    let dependency = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/health", dependency.local_addr()?);
    let name = format!("circuit-breaker.{}.json", std::process::id());
    let breaker = CircuitBreaker {
        dependency: Dependency::new(&url, Duration::from_secs(60))?,
        circuit: Circuit::new(1, Duration::ZERO),
        file: env::temp_dir().join(name),
    };
    let emulator = Emulator::start().await?;
    let extension = emulator.extension("circuit-breaker").run(breaker);
    let scenario = async {
        emulator.init().await?;
        for status in ["204 Well", "503 Away", "204 Well"] {
            emulator.freeze(Duration::from_secs(60)).await?;
            answer(&dependency, status).await;
        }
        Ok::<_, Error>(())
    };
    let breaker = emulator.drive(extension, scenario).await?;
    emulator.record().assert_clean();
    assert_eq!(breaker.circuit.state(), State::HalfOpen);
    let told = fs::read_to_string(&breaker.file)?;
    fs::remove_file(&breaker.file)?;
    assert_eq!(told, breaker.circuit.to_json());
    Ok(())
}
