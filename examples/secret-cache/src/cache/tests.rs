use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;
use tokio::task::yield_now;

use super::*;

const TTL: Duration = Duration::from_secs(300);

/// Answers with the number of the question, once it is told to.
#[derive(Default)]
struct Fake {
    questions: AtomicU32,
    fails: Mutex<Option<Failure>>,
    waits: Option<Notify>,
}

impl Source for Fake {
    async fn get(&self, question: &Question) -> Result<Secret, Failure> {
        let number = self.questions.fetch_add(1, Ordering::Relaxed);
        if let Some(go) = &self.waits {
            go.notified().await;
        }
        let failure = self.fails.lock().unwrap().take();
        failure.map_or_else(
            || Ok(Secret::new(format!("{}{number}", question.secret_id))),
            Err,
        )
    }
}

fn cache(ttl: Duration) -> Cache<Fake> {
    Cache::new(Fake::default(), ttl)
}

fn question(secret_id: &str) -> Question {
    Question {
        secret_id: secret_id.to_owned(),
        version_id: None,
        version_stage: None,
    }
}

async fn ask(cache: &Cache<Fake>, secret_id: &str) -> String {
    cache.get(&question(secret_id)).await.unwrap().reveal()
}

/// As if this time had gone by for what is kept.
async fn age(cache: &Cache<Fake>, secret_id: &str, time: Duration) {
    let slot = cache.slot(&question(secret_id));
    slot.lock().await.as_mut().unwrap().since -= time;
}

fn fails(cache: &Cache<Fake>, failure: Failure) {
    *cache.source.fails.lock().unwrap() = Some(failure);
}

fn refused() -> Failure {
    let body = "AccessDeniedException".to_owned();
    let status = StatusCode::BAD_REQUEST;
    Failure::Refused { status, body }
}

#[tokio::test]
async fn an_answer_is_kept_for_its_time_and_for_its_question() {
    let cache = cache(TTL);
    assert_eq!(ask(&cache, "a").await, "a0");
    assert_eq!(ask(&cache, "b").await, "b1");
    age(&cache, "a", TTL - Duration::from_secs(60)).await;
    assert_eq!(ask(&cache, "a").await, "a0");
    age(&cache, "a", Duration::from_secs(60)).await;
    assert_eq!(ask(&cache, "a").await, "a2");
    assert_eq!(ask(&cache, "b").await, "b1");
}

#[tokio::test]
async fn another_version_is_another_question() {
    let cache = cache(TTL);
    assert_eq!(ask(&cache, "a").await, "a0");
    let version = || Some("b".to_owned());
    let (mut by_id, mut by_stage) = (question("a"), question("a"));
    (by_id.version_id, by_stage.version_stage) = (version(), version());
    for (question, answer) in [(by_id, "a1"), (by_stage, "a2"), (question("a"), "a0")] {
        assert_eq!(cache.get(&question).await.unwrap().reveal(), answer);
    }
}

#[tokio::test]
async fn without_a_time_nothing_is_kept() {
    let cache = cache(Duration::ZERO);
    assert_eq!(ask(&cache, "a").await, "a0");
    assert_eq!(ask(&cache, "a").await, "a1");
}

#[tokio::test]
async fn who_asks_the_same_at_the_same_time_has_one_answer() {
    let mut cache = cache(TTL);
    cache.source.waits = Some(Notify::new());
    let go = async {
        yield_now().await;
        cache.source.waits.as_ref().unwrap().notify_one();
    };
    let (one, two, ()) = tokio::join!(ask(&cache, "a"), ask(&cache, "a"), go);
    assert_eq!((&*one, &*two), ("a0", "a0"));
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let cache = cache(TTL);
    for failure in [refused(), Failure::Unavailable("away".to_owned())] {
        fails(&cache, failure);
        cache.get(&question("a")).await.unwrap_err();
    }
    assert_eq!(ask(&cache, "a").await, "a2");
}

#[tokio::test]
async fn an_old_answer_does_while_the_source_is_away_and_is_asked_for_again() {
    let cache = cache(TTL);
    assert_eq!(ask(&cache, "a").await, "a0");
    age(&cache, "a", TTL).await;
    fails(&cache, Failure::Unavailable("away".to_owned()));
    assert_eq!(ask(&cache, "a").await, "a0");
    // The source is back, and left alone for a while.
    assert_eq!(ask(&cache, "a").await, "a0");
    age(&cache, "a", REST).await;
    assert_eq!(ask(&cache, "a").await, "a2");
}

#[tokio::test]
async fn what_is_refused_is_forgotten() {
    let cache = cache(TTL);
    assert_eq!(ask(&cache, "a").await, "a0");
    age(&cache, "a", TTL).await;
    fails(&cache, refused());
    cache.get(&question("a")).await.unwrap_err();
    fails(&cache, Failure::Unavailable("away".to_owned()));
    cache.get(&question("a")).await.unwrap_err();
}

#[tokio::test]
async fn no_more_is_kept_than_there_is_room_for() {
    let cache = cache(TTL);
    for secret_id in 0..=MOST {
        ask(&cache, &secret_id.to_string()).await;
    }
    assert_eq!(cache.slots.lock().unwrap().len(), 1);
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", Secret::new("hush".to_owned()));
    assert_eq!(shown, "Secret(..)");
}
