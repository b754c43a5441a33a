//! More connections than are served at once, and more bodies than there is room for.

use futures_util::FutureExt;

use super::*;
use crate::budget;

/// When what is in the way and does not come was given up.
const SOON: Duration = Duration::from_millis(300);

/// As many as are served at once, each of which has sent this.
async fn all_places(served: &Served, count: usize, sent: &[u8]) -> Vec<Connection> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let mut connection = served.connect().await;
        connection.send(sent).await;
        connections.push(connection);
    }
    connections
}

/// As many as are served at once, each of which has delivered and sent all but the last byte of another
/// delivery; and that byte.
async fn all_busy(served: &Served) -> (Vec<Connection>, [u8; 1]) {
    let mut busy = all_places(served, budget::CONNECTIONS, b"").await;
    let mut half = post("[1]");
    let rest = half.pop().unwrap();
    for connection in &mut busy {
        assert_eq!(connection.post("").await, 200);
        connection.send(&half).await;
    }
    (busy, [rest])
}

#[tokio::test]
async fn silent_connection_is_evicted() {
    let served = Served::by(Protocol::Http);
    let mut idle = all_places(&served, 2 * budget::CONNECTIONS, b"").await;
    let mut platform = served.connect().await;
    for number in 0..3 {
        assert_eq!(platform.post(format!("[{number}]")).await, 200);
    }
    assert_eq!(idle[0].ended().await, "");
    assert_eq!(idle[budget::CONNECTIONS + 1].post("[4]").await, 200);
}

#[tokio::test]
async fn connection_that_is_idle_longest_is_evicted() {
    let served = Served::by(Protocol::Http);
    let mut kept = all_places(&served, budget::CONNECTIONS, b"").await;
    for connection in &mut kept {
        assert_eq!(connection.post("").await, 200);
    }
    // The first was the longest, and is the last.
    assert_eq!(kept[0].post("").await, 200);
    assert_eq!(served.connect().await.post("[1]").await, 200);
    assert_eq!(kept[1].ended().await, "");
    kept.remove(1);
    for connection in &mut kept {
        assert_eq!(connection.post("").await, 200);
    }
}

#[tokio::test]
async fn connection_that_delivered_is_not_evicted_for_silent_ones() {
    for (protocol, first, second) in [
        (Protocol::Http, post("[1]"), post("[2]")),
        (Protocol::Tcp, b"[1]\n".into(), b"[2]\n".into()),
    ] {
        let served = Served::by(protocol);
        let mut platform = served.connect().await;
        platform.send(first).await;
        assert_eq!(served.next().await.trim_end(), "[1]");
        let mut strays = all_places(&served, 2 * budget::CONNECTIONS, b"").await;
        assert_eq!(strays[budget::CONNECTIONS - 1].ended().await, "");
        platform.send(second).await;
        assert_eq!(served.next().await.trim_end(), "[2]");
    }
}

#[tokio::test]
async fn nobody_gives_way_to_nobody() {
    let served = Served::by(Protocol::Http);
    let mut kept = all_places(&served, budget::CONNECTIONS, b"").await;
    stop_clock();
    pass(Duration::from_secs(3600)).await;
    for connection in &mut kept {
        assert_eq!(connection.post("").await, 200);
    }
}

#[tokio::test]
async fn connection_in_an_endless_head_is_evicted() {
    let served = Served::by(Protocol::Http);
    let head = b"POST / HTTP/1.1\r\nHost: sandbox";
    let mut stuck = all_places(&served, budget::CONNECTIONS, head).await;
    assert_eq!(served.connect().await.post("[1]").await, 200);
    assert_eq!(stuck[0].ended().await, "");
}

#[tokio::test]
async fn connection_with_a_stalled_body_is_evicted_soon() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let head = head("POST", "Content-Length: 3");
    let mut stuck = all_places(&served, budget::CONNECTIONS, head.as_bytes()).await;
    let mut platform = served.connect().await;
    platform.send(post("[1]")).await;
    pass(SOON).await;
    assert_eq!(platform.answer().now_or_never(), Some(200));
    assert_eq!(stuck[0].answer().await, 408);
}

#[tokio::test]
async fn slow_body_without_contention_is_read() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let body = post(format!("[\"{}\"]", "x".repeat(budget::SMALL_DELIVERY)));
    let mut connection = served.connect().await;
    let (begun, rest) = body.split_at(1000);
    connection.send(begun).await;
    pass(budget::DELIVERY_BODY * 9 / 10).await;
    connection.send(rest).await;
    assert_eq!(connection.answer().await, 200);
}

#[tokio::test]
async fn busy_connection_is_closed_after_its_delivery() {
    let served = Served::by(Protocol::Http);
    let (mut busy, rest) = all_busy(&served).await;
    let mut platform = served.connect().await;
    platform.send(post("[2]")).await;
    settle().await;
    busy[7].send(rest).await;
    let answer = busy[7].head().await;
    assert_eq!(answer[0], "HTTP/1.1 200 OK");
    assert!(
        answer.iter().any(|line| line == "connection: close"),
        "{answer:?}"
    );
    assert_eq!(busy[7].ended().await, "");
    assert_eq!(platform.answer().await, 200);
    assert_eq!(platform.post("[3]").await, 200, "it is evicted, too");
}

/// A process that begins deliveries and does not end them evicts no connection that has delivered.
#[tokio::test]
async fn idle_connection_outlives_first_deliveries_that_do_not_end() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let mut platform = served.connect().await;
    assert_eq!(platform.post("[1]").await, 200);
    let begun = head("POST", "Content-Length: 3") + "[";
    let _stuck = all_places(&served, 3 * budget::CONNECTIONS, begun.as_bytes()).await;
    for number in 2..12 {
        pass(SOON / 3).await;
        platform.send(post(format!("[{number}]"))).await;
        settle().await;
        assert_eq!(platform.answer().now_or_never(), Some(200));
    }
}

/// Many connections that have delivered protect nothing from one that begins.
#[tokio::test]
async fn longest_idle_connection_is_evicted_beside_a_single_newcomer() {
    let served = Served::by(Protocol::Http);
    let mut idle = all_places(&served, budget::CONNECTIONS - 1, b"").await;
    for connection in &mut idle {
        assert_eq!(connection.post("").await, 200);
    }
    let begun = head("POST", "Content-Length: 3") + "[";
    let _newcomer = all_places(&served, 1, begun.as_bytes()).await;
    settle().await;
    stop_clock();
    let mut platform = served.connect().await;
    platform.send(post("[1]")).await;
    settle().await;
    assert_eq!(platform.answer().now_or_never(), Some(200));
    assert_eq!(idle[0].ended().await, "");
}

#[tokio::test]
async fn new_connection_is_read_before_the_next_one_evicts_it() {
    let served = Served::by(Protocol::Http);
    let (mut busy, rest) = all_busy(&served).await;
    settle().await;
    let mut platform = served.connect().await;
    platform.send(post("[2]")).await;
    let _strays = all_places(&served, 3, b"").await;
    busy[0].send(rest).await;
    assert_eq!(platform.answer().await, 200);
}

/// More than there is memory for together.
const MANY: usize = 20;

/// A delivery of a body of this length.
fn large(length: usize) -> Vec<u8> {
    post(format!("[\"{}\"]", "x".repeat(length - 4)))
}

#[tokio::test]
async fn large_bodies_that_do_not_come_take_no_room() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let header = format!("Content-Length: {}", budget::DELIVERY);
    let chunked = head("POST", "Transfer-Encoding: chunked") + "1\r\n[\r\n";
    let _stuck = [
        all_places(&served, MANY, head("POST", &header).as_bytes()).await,
        all_places(&served, MANY, chunked.as_bytes()).await,
    ];
    let large = format!("[\"{}\"]", "x".repeat(budget::DELIVERY - 4));
    let mut platform = served.connect().await;
    let answer = tokio::spawn(async move { platform.post(&large).await });
    for _ in 0..20 {
        settle().await;
    }
    assert_eq!(answer.now_or_never().unwrap().unwrap(), 200);
}

/// A length that is announced takes nothing: a large delivery of another is read as if it were alone.
#[tokio::test]
async fn large_delivery_is_not_delayed_by_bodies_of_one_byte() {
    for count in [MANY, 32, 60] {
        let served = Served::by(Protocol::Http);
        let header = format!("Content-Length: {}", budget::DELIVERY);
        let begun = head("POST", &header) + "[";
        let _stuck = all_places(&served, count, begun.as_bytes()).await;
        stop_clock();
        let mut platform = served.connect().await;
        let answer = tokio::spawn(async move {
            platform.send(large(200_000)).await;
            platform.answer().await
        });
        for _ in 0..20 {
            settle().await;
        }
        assert_eq!(answer.now_or_never().unwrap().unwrap(), 200, "{count}");
        tokio::time::resume();
    }
}

/// Three times as many as are served at once: a third of them is closed at a time.
#[tokio::test]
async fn new_connection_is_served_soon_after_many_that_do_not_end_their_bodies() {
    const COUNT: usize = 200;
    let served = Served::by(Protocol::Http);
    stop_clock();
    let header = format!("Content-Length: {}", budget::DELIVERY);
    let begun = head("POST", &header) + "[";
    let _stuck = all_places(&served, COUNT, begun.as_bytes()).await;
    let mut platform = served.connect().await;
    platform.send(large(20_000)).await;
    let rounds = u32::try_from(COUNT / budget::CONNECTIONS).unwrap();
    pass(SOON * rounds).await;
    assert_eq!(platform.answer().now_or_never(), Some(200));
}

#[tokio::test]
async fn stalled_bodies_that_hold_all_memory_are_closed_soon() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let header = format!("Content-Length: {}", budget::DELIVERY);
    let begun = head("POST", &header) + &"x".repeat(budget::DELIVERY / 4);
    let count = budget::DELIVERIES / (budget::DELIVERY / 4);
    let mut stuck = all_places(&served, count, begun.as_bytes()).await;
    for _ in 0..20 {
        settle().await;
    }
    let mut platform = served.connect().await;
    let answer = tokio::spawn(async move {
        platform.send(large(200_000)).await;
        platform.answer().await
    });
    pass(SOON).await;
    assert_eq!(answer.now_or_never().unwrap().unwrap(), 200);
    for connection in &mut stuck {
        assert_eq!(connection.answer().await, 408);
    }
}

/// Bodies that have all memory between them, and each waits for more.
async fn waiting_for_memory(served: &Served) -> Vec<Connection> {
    let whole = large(budget::DELIVERY);
    let (begun, rest) = whole.split_at(budget::DELIVERY / 2);
    let count = budget::DELIVERIES / begun.len();
    let mut connections = all_places(served, count, begun).await;
    for _ in 0..20 {
        settle().await;
    }
    for connection in &mut connections {
        connection.send(&rest[..1000]).await;
    }
    settle().await;
    connections
}

#[tokio::test]
async fn body_without_memory_is_refused_in_the_end() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let mut waiting = waiting_for_memory(&served).await;
    pass(budget::MEMORY * 3 / 2).await;
    let answers = waiting.iter_mut().map(|it| it.answer().now_or_never());
    let answers: Vec<_> = answers.collect();
    assert!(answers.contains(&Some(503)), "{answers:?}");
    assert_eq!(served.connect().await.post("[1]").await, 200);
}

#[tokio::test]
async fn bodies_that_wait_for_memory_are_evicted_before_idle_connections() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let mut platform = served.connect().await;
    assert_eq!(platform.post("[1]").await, 200);
    let mut waiting = waiting_for_memory(&served).await;
    let others = budget::CONNECTIONS - waiting.len() - 1;
    let mut others = all_places(&served, others, b"").await;
    for connection in &mut others {
        assert_eq!(connection.post("").await, 200);
    }
    assert_eq!(served.connect().await.post("[2]").await, 200);
    assert_eq!(waiting[0].ended().await, "");
    assert_eq!(platform.post("[3]").await, 200);
}

#[tokio::test]
async fn small_delivery_needs_no_memory_of_others() {
    let served = Served::by(Protocol::Http);
    stop_clock();
    let _waiting = waiting_for_memory(&served).await;
    let body = format!("[\"{}\"]", "x".repeat(budget::SMALL_DELIVERY - 4));
    let mut platform = served.connect().await;
    platform.send(post(&body)).await;
    settle().await;
    assert_eq!(platform.answer().now_or_never(), Some(200));
    assert!(served.queued() == [body], "it came otherwise");
}

#[tokio::test]
async fn lines_come_beside_connections_that_say_nothing() {
    let served = Served::by(Protocol::Tcp);
    let mut idle = all_places(&served, 2 * budget::CONNECTIONS, b"").await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    assert_eq!(served.next().await, "1\n");
    assert_eq!(idle[0].ended().await, "");
}

#[tokio::test]
async fn connection_in_an_endless_line_is_evicted_and_its_text_kept() {
    let served = Served::by(Protocol::Tcp);
    stop_clock();
    let _stuck = all_places(&served, budget::CONNECTIONS, b"{").await;
    settle().await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    pass(SOON).await;
    let mut queued = served.queued();
    queued.sort();
    assert_eq!(queued.remove(0), "1\n");
    assert_eq!(queued, ["{"; budget::CONNECTIONS]);
}

#[tokio::test]
async fn slow_line_without_contention_is_read() {
    let served = Served::by(Protocol::Tcp);
    stop_clock();
    let mut connection = served.connect().await;
    connection.send("{").await;
    pass(Duration::from_secs(3600)).await;
    connection.send("}\n").await;
    assert_eq!(served.next().await, "{}\n");
}

#[tokio::test]
async fn time_of_a_line_counts_from_its_first_byte() {
    let served = Served::by(Protocol::Tcp);
    stop_clock();
    let mut connections = all_places(&served, budget::CONNECTIONS, b"{").await;
    pass(Duration::from_secs(3600)).await;
    for connection in &mut connections {
        connection.send("}\n{").await;
    }
    settle().await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    settle().await;
    assert_eq!(served.queued(), ["{}\n"; budget::CONNECTIONS]);
    connections[0].send("}\n").await;
    settle().await;
    assert_eq!(served.queued(), ["{}\n", "1\n"], "who is done leaves");
}

#[tokio::test]
async fn lines_come_beside_connections_that_are_never_idle() {
    let served = Served::by(Protocol::Tcp);
    let floods: Vec<_> = (0..budget::CONNECTIONS)
        .map(|_| {
            let port = served.port;
            tokio::spawn(async move {
                let mut flood = Connection::to(port).await;
                let lines = "{}\n".repeat(10_000);
                while flood.0.get_mut().write_all(lines.as_bytes()).await.is_ok() {}
            })
        })
        .collect();
    served.next().await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    while served.next().await != "1\n" {}
    for flood in floods {
        flood.abort();
    }
}
