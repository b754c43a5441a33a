//! Counts what an extension that does nothing costs, and compares it with what it may cost.
//!
//! `BUDGET=overwrite` sets the bounds anew.

use std::process::ExitCode;
use std::{env, fs};

use lambda_ext::Error;
use lambda_ext_tests::budget::{Table, figures};

const BOUNDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/budget.txt");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let figures = figures().await;
    if env::var_os("BUDGET").is_some_and(|word| word == "overwrite") {
        fs::write(BOUNDS, Table::write(&figures))?;
    }
    let verdict = Table::read(&fs::read_to_string(BOUNDS)?)?.compare(&figures);
    print!("{}", verdict.shown);
    for line in &verdict.broken {
        eprintln!("budget broken: {line}");
    }
    Ok(ExitCode::from(u8::from(!verdict.broken.is_empty())))
}
