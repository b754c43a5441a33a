//! The limits of a connection, without one.

use tokio::time::Instant;

use super::*;

/// A client that does not read its responses keeps hyper from closing the connection.
#[tokio::test(start_paused = true)]
async fn connection_that_cannot_be_closed_ends_soon() {
    let limits = Limits::default();
    limits.begin_request();
    limits.end_request(true);
    let began = Instant::now();
    limits.apply(pending::<()>()).await;
    assert!(began.elapsed() < 3 * budget::CONTENDED_DELIVERY);
}

/// Otherwise one connection that always has more to read would keep all others, and its own timers,
/// from their turns.
#[tokio::test]
async fn poll_of_a_connection_has_few_reads() {
    let limits = Limits::default();
    let mut polls = 0;
    let connection = poll_fn(|context| {
        polls += 1;
        let reads = (0..100).take_while(|_| limits.take_read()).count();
        assert_eq!(reads, usize::from(READS));
        context.waker().wake_by_ref();
        if polls < 3 {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    limits.apply(connection).await;
}
