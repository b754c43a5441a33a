//! Errors that only convert, as those of `anyhow` do.

use lambda_ext::{Error, InvokeEvent, Register, ShutdownEvent, lambda_extension};

struct Report(String);

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        report.0.into()
    }
}

struct Flusher {
    function: String,
}

#[lambda_extension(events = [Invoke, Shutdown])]
impl Flusher {
    async fn init(register: Register) -> Result<Self, Report> {
        Ok(Self {
            function: register.function_name,
        })
    }

    async fn invoke(&mut self, event: InvokeEvent) -> Result<(), Report> {
        self.function = event.request_id;
        Err(Report("no".to_owned()))
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) -> Result<(), &'static str> {
        self.function.clear();
        Err("neither")
    }
}
