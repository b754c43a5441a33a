//! One set of requests, to AWS's emulator and to ours.
//!
//! `tests/conformance` has the scenarios: what an extension sends, step by step, without regard for
//! any rule. Beside each lies what AWS's emulator answers, as recorded. `client.py` is the extension,
//! in both emulators, and `tests/DIFFERENCES.md` the list of all that may differ.

mod answers;
mod aws;
mod differences;
mod events;
mod ours;
mod parts;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};

pub use self::answers::{Answer, Answers};
pub use self::differences::{Differences, Found, matches};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance");

/// The function that the extensions are told of, on both sides.
const FUNCTION: Function = Function {
    name: "orders",
    version: "7",
    handler: "index.handler",
    // The only one that AWS's emulator puts into an ARN in the standard mode.
    account: "012345678912",
};

struct Function {
    name: &'static str,
    version: &'static str,
    handler: &'static str,
    account: &'static str,
}

/// The modes of an environment, which are the directories of the scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On-demand and the like: INVOKE and SHUTDOWN.
    Standard,
    /// Lambda Managed Instances: SHUTDOWN and telemetry.
    Managed,
}

impl Mode {
    const fn directory(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Managed => "managed",
        }
    }
}

/// What an extension does in one life of an environment.
///
/// The file has the `steps` that `client.py` explains, where a step with `"answered": false` is one that
/// the platform never answers, what the scenario is `about`, and, if it is not the usual, how many
/// `invokes` there are, the function's `timeout` in seconds, the invocation's `trace` header, the
/// `files` in `/opt/extensions`, the code to `exit` with, whether the environment `ends_itself`, and
/// whether it is the `function` that asks, or what steps it has of its own. The extension `other` may
/// have its own as well, and in a second life, after a failure, the extension has those of `again`,
/// and `other` those of `other again`.
#[derive(Debug)]
pub struct Scenario {
    /// Its file, as in `standard/life`.
    pub name: String,
    mode: Mode,
    script: Value,
}

impl Scenario {
    /// Every scenario of a mode, by name.
    ///
    /// # Panics
    /// One cannot be read.
    #[must_use]
    pub fn all(mode: Mode) -> Vec<Self> {
        let directory = Path::new(DIRECTORY).join(mode.directory());
        let files = fs::read_dir(directory).expect("the scenarios are in the repository");
        let mut names: Vec<_> = files
            .filter_map(|file| {
                let file = file.expect("the directory can be read").file_name();
                Some(file.to_str()?.strip_suffix(".json")?.to_owned())
            })
            .collect();
        names.sort();
        let read = |name: String| {
            let name = format!("{}/{name}", mode.directory());
            let text = fs::read_to_string(format!("{DIRECTORY}/{name}.json")).expect("it is there");
            let script = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{name} is not JSON: {error}"));
            Self { name, mode, script }
        };
        names.into_iter().map(read).collect()
    }

    /// The steps that are requests, or tell what was delivered: their names, and whether they are
    /// answered.
    pub fn requests(&self) -> impl Iterator<Item = (&str, bool)> {
        let steps = self.scripts().filter_map(|(_, steps)| steps.as_array());
        steps.flatten().filter_map(|step| {
            let answered = step["answered"] != Value::Bool(false);
            Some((step["step"].as_str()?, answered))
        })
    }

    /// What AWS's emulator answered when it was asked last.
    ///
    /// # Panics
    /// There is no recording, or it is broken.
    #[must_use]
    pub fn recorded(&self) -> Answers {
        let text = fs::read_to_string(self.recording())
            .unwrap_or_else(|error| panic!("{} was not recorded: {error}", self.name));
        Answers::parse(&text).unwrap_or_else(|line| panic!("{}: {line}", self.name))
    }

    /// Records what AWS's emulator answers.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn record(&self, answers: &Answers) {
        fs::write(self.recording(), answers.to_string()).expect("the recording can be written");
    }

    /// Asks AWS's emulator; `None` where this machine cannot run it, see [`Rie::run`](crate::rie::Rie::run).
    #[must_use]
    pub fn ask_aws(&self) -> Option<Answers> {
        aws::ask(self)
    }

    /// Asks our emulator.
    pub async fn ask_ours(&self) -> Answers {
        ours::ask(self).await
    }

    fn recording(&self) -> PathBuf {
        format!("{DIRECTORY}/{}.txt", self.name).into()
    }

    fn invokes(&self) -> usize {
        let number = self.script["invokes"].as_u64().unwrap_or(1);
        number.try_into().unwrap_or(usize::MAX)
    }

    /// The function's timeout.
    fn timeout(&self) -> Duration {
        Duration::from_secs(self.script["timeout"].as_u64().unwrap_or(10))
    }

    /// Whether it is the function that sends the requests.
    fn is_function(&self) -> bool {
        self.script["function"] == Value::Bool(true)
    }

    /// Whether the function has a part in it.
    fn has_function(&self) -> bool {
        self.is_function() || self.script["function"].is_array()
    }

    /// Whether something in it is going to end the environment.
    fn ends_itself(&self) -> bool {
        self.script["ends_itself"] == Value::Bool(true)
    }

    fn trace_header(&self) -> Option<&str> {
        self.script["trace"].as_str()
    }

    /// The extension's executables, by the names that the scenario wants.
    fn files(&self) -> Vec<PathBuf> {
        let names = self.script["files"].as_array();
        let names = names.map_or(vec!["ext"], |names| {
            names.iter().filter_map(Value::as_str).collect()
        });
        names.into_iter().map(client_as).collect()
    }

    /// What the client wants to find in its environment.
    fn environment(&self, memory: &Memory) -> Vec<(&'static str, String)> {
        let exit = self.script["exit"].as_u64().unwrap_or(0);
        let scripts: Map<_, _> = self
            .scripts()
            .map(|(name, steps)| (name.to_owned(), steps.clone()))
            .collect();
        let environment = [
            ("SCRIPTS", Value::Object(scripts).to_string()),
            ("EXIT", exit.to_string()),
        ];
        let memory = memory.0.as_ref().map(|path| path.display().to_string());
        let memory = memory.map(|path| ("MEMORY", path));
        environment.into_iter().chain(memory).collect()
    }

    /// Whether the environment has a second life, in which the extension has steps of its own.
    fn has_second_life(&self) -> bool {
        self.script["again"].is_array()
    }

    /// What each process does, in the order in which what it tells is read.
    fn scripts(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let steps = if self.is_function() {
            "function"
        } else {
            "ext"
        };
        let keys = [
            ("function", "function"),
            (steps, "steps"),
            ("other", "other"),
            ("ext again", "again"),
            ("other again", "other again"),
        ];
        let scripts = keys.map(|(name, key)| (name, &self.script[key]));
        scripts.into_iter().filter(|(_, steps)| steps.is_array())
    }
}

/// A directory for what a life of the client leaves to the next, where there is one.
struct Memory(Option<PathBuf>);

impl Memory {
    fn of(scenario: &Scenario, who: &str) -> Self {
        let path = scenario.has_second_life().then(|| {
            let name = scenario.name.replace('/', "-");
            let id = std::process::id();
            let path = crate::built::target_dir().join(format!("conformance/{name}.{who}.{id}"));
            fs::create_dir_all(&path).expect("the target directory can be written");
            path
        });
        Self(path)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn client() -> PathBuf {
    Path::new(DIRECTORY).join("client.py")
}

/// The client under another name: a link, so that no process can be in the midst of writing it.
fn client_as(name: &str) -> PathBuf {
    let directory = crate::built::target_dir().join("conformance");
    fs::create_dir_all(&directory).expect("the target directory can be written");
    let link = directory.join(name);
    let client = client();
    if fs::read_link(&link).ok().as_ref() != Some(&client) {
        // Two tests may do it at once: each puts a whole link of its own in its place.
        static LINKS: AtomicUsize = AtomicUsize::new(0);
        let number = LINKS.fetch_add(1, Ordering::Relaxed);
        let part = directory.join(format!("{name}.{}.{number}", std::process::id()));
        let _ = fs::remove_file(&part);
        std::os::unix::fs::symlink(client, &part)
            .and_then(|()| fs::rename(&part, &link))
            .expect("the target directory takes links");
    }
    link
}
