//! What has been asked before.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use serde::Deserialize;

/// How many answers are kept. With more, all are fetched anew.
const MOST: usize = 1000;

/// For how long the source is left alone after it could not be reached and there was an old answer.
const REST: Duration = Duration::from_secs(10);

/// Where secrets come from.
pub trait Source: Send + Sync + 'static {
    fn get(&self, question: &Question) -> impl Future<Output = Result<Secret, Failure>> + Send;
}

/// Which secret, and which version of it: the current one if nothing is said.
#[derive(Clone, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    pub secret_id: String,
    pub version_id: Option<String>,
    pub version_stage: Option<String>,
}

/// An answer, as JSON. It is never shown by chance.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(json: String) -> Self {
        Self(json)
    }

    pub fn reveal(self) -> String {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// That is the answer: the role may not, or there is no such secret.
    Refused { status: StatusCode, body: String },
    /// Later there may be one.
    Unavailable(String),
}

/// Answers, for as long as they last.
pub struct Cache<S> {
    source: S,
    ttl: Duration,
    slots: Mutex<HashMap<Question, Arc<Slot>>>,
}

/// What is kept for a question, and the turn to fetch it: who asks the same waits for the same answer.
type Slot = tokio::sync::Mutex<Option<Kept>>;

struct Kept {
    secret: Secret,
    // By the wall clock: others stand still while the environment is frozen.
    since: SystemTime,
    lasts: Duration,
}

impl Kept {
    fn new(secret: Secret, lasts: Duration) -> Self {
        let since = SystemTime::now();
        Self {
            secret,
            since,
            lasts,
        }
    }

    /// Not by a clock that was set back either.
    fn is_fresh(&self) -> bool {
        self.since.elapsed().is_ok_and(|age| age < self.lasts)
    }
}

impl<S: Source> Cache<S> {
    pub fn new(source: S, ttl: Duration) -> Self {
        let slots = Mutex::default();
        Self { source, ttl, slots }
    }

    pub async fn get(&self, question: &Question) -> Result<Secret, Failure> {
        let slot = self.slot(question);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh()) {
            return Ok(kept.secret.clone());
        }
        // Taken: what is refused now is not kept from before.
        let (secret, lasts) = match (self.source.get(question).await, kept.take()) {
            (Ok(secret), _) => (secret, self.ttl),
            (Err(Failure::Unavailable(why)), Some(old)) => {
                eprintln!("secret-cache: an old answer is given: {why}");
                (old.secret, REST)
            }
            (Err(failure), _) => return Err(failure),
        };
        *kept = Some(Kept::new(secret.clone(), lasts));
        Ok(secret)
    }

    fn slot(&self, question: &Question) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(question) {
            slots.clear();
        }
        Arc::clone(slots.entry(question.clone()).or_default())
    }
}

#[cfg(test)]
mod tests;
