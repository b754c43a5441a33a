//! `lambda-ext emulate`: runs extensions under the emulator, and shows what happens.

mod arguments;
mod driver;
mod environment;
mod html;
mod json;
mod live_timeline;
mod output_file;
mod plan;
mod planner;
mod run_result;
mod scenario;
mod summary;

use lambda_ext::Error;

pub(crate) use self::arguments::{Emulate, HELP, LONG_HELP};
use self::live_timeline::LiveTimeline;
use self::output_file::OutputFile;
use self::plan::Plan;
use crate::target::Executables;
use crate::terminal;

impl Emulate {
    /// Runs the extensions, reports the result, and returns the exit code.
    pub(crate) async fn run(&self) -> Result<u8, Error> {
        let Executables {
            extensions,
            runtime,
        } = Executables::find(&self.targets, self.runtime.as_deref())?;
        let plan = Plan::from_arguments(self, runtime)?;
        if extensions.is_empty() && plan.settings.runtime.is_none() {
            return Err(
                "there is nothing to run: name an extension, or a runtime with one in it".into(),
            );
        }
        let file_name = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let names: Vec<_> = extensions.iter().map(file_name).collect();
        // A file that cannot be written is an error before the run, not after it.
        let page = self.html.as_deref().map(OutputFile::open).transpose()?;
        let live = (!self.json).then(|| LiveTimeline::start(&names, plan.invocations()));
        let observer = live.as_ref().map(LiveTimeline::observer);
        let result = driver::execute(&plan, &extensions, names, move |step| {
            if let Some(observer) = &observer {
                observer(step);
            }
        })
        .await;
        if let Some(live) = live {
            live.finish();
        }
        let result = result?;
        if self.json {
            terminal::print_document(&json::render(&result)?);
        } else {
            terminal::print(&summary::render(&result));
        }
        if let Some(page) = page {
            page.write(&html::render(&result))?;
        }
        Ok(result.verdict().exit_code())
    }
}
