//! Offers an extension 1, 10, 100 and 1,000 MB of telemetry a second, and as much as it takes, for
//! some seconds each, and shows what that costs it.

use std::env;
use std::fs;
use std::time::Duration;

use lambda_ext::Error;
use lambda_ext_tests::budget::subject;
use lambda_ext_tests::delivery::{Connection, Delivery, busy};
use lambda_ext_tests::fake::{self, Fake};
use lambda_ext_tests::program::{Program, peak_memory};
use tokio::time::{Instant, sleep_until};

const RECORDS: u32 = 1_000;
const MB: f64 = 1e6;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let seconds = env::args().nth(1).map_or(Ok(5), |number| number.parse())?;
    let program = subject("noop-telemetry", "tuned");
    let program = program.to_str().ok_or("a path in UTF-8")?;
    println!(
        "{:>8} {:>8} {:>8} {:>10} {:>8} {:>6}",
        "offered", "taken", "of a CPU", "CPU/record", "peak", "lost"
    );
    for rate in [Some(1.0), Some(10.0), Some(100.0), Some(1_000.0), None] {
        offer(program, rate, Duration::from_secs(seconds)).await?;
    }
    Ok(())
}

/// Offers so many MB a second, or as many as are taken.
async fn offer(program: &str, rate: Option<f64>, time: Duration) -> Result<(), Error> {
    let mut fake = Fake::start().await;
    let environment = [("AWS_LAMBDA_RUNTIME_API", fake.runtime_api())];
    let extension = Program::start(program, environment);
    fake.expect(fake::REGISTER).await.registered();
    let subscription = fake.expect(fake::TELEMETRY).await;
    let mut connection = Connection::to(Delivery::of(&subscription).port()).await;
    subscription.subscribed();
    let next = fake.expect(fake::NEXT).await;
    let batches: Vec<_> = (0..60)
        .map(|number| busy(number, RECORDS as usize))
        .collect();
    let (began, mut sent, mut bytes) = (Instant::now(), 0_u32, 0.0);
    let cpu_before = cpu(extension.pid())?;
    for batch in batches.iter().cycle() {
        if began.elapsed() >= time {
            break;
        }
        connection.post(batch).await;
        sent += 1;
        bytes += f64::from(u32::try_from(batch.len())?);
        if let Some(rate) = rate {
            sleep_until(began + Duration::from_secs_f64(bytes / (rate * MB))).await;
        }
    }
    let took = began.elapsed().as_secs_f64();
    let used = cpu(extension.pid())? - cpu_before;
    let peak = peak_memory(extension.pid()).ok_or("no peak")?;
    next.shutdown_in(Duration::from_secs(2));
    let told = extension.ended().await.stdout;
    let records = u64::from(sent) * u64::from(RECORDS);
    let counted = told
        .split(' ')
        .nth(1)
        .and_then(|number| number.parse().ok());
    let lost = records - counted.unwrap_or(0);
    let offered = rate.map_or("all".to_owned(), |rate| format!("{rate} MB/s"));
    println!(
        "{offered:>8} {:>3.0} MB/s {:>6.1} % {:>7.0} ns {:>4} KiB {lost:>6}",
        bytes / took / MB,
        100.0 * used / took,
        1e9 * used / (f64::from(sent) * f64::from(RECORDS)),
        peak
    );
    Ok(())
}

/// The time that it has been on a CPU, in seconds.
fn cpu(pid: u32) -> Result<f64, Error> {
    let schedstat = fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
    let nanoseconds = schedstat.split(' ').next().ok_or("no time")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}
