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

#[tokio::test]
async fn a_connection_that_says_nothing_gives_way() {
    let served = Served::by(Protocol::Http).await;
    let mut idle = all_places(&served, 2 * budget::CONNECTIONS, b"").await;
    let mut platform = served.connect().await;
    for number in 0..3 {
        assert_eq!(platform.post(format!("[{number}]")).await, 200);
    }
    assert_eq!(idle[0].ended().await, "");
    assert_eq!(idle[budget::CONNECTIONS + 1].post("[4]").await, 200);
}

#[tokio::test]
async fn the_one_that_is_idle_longest_gives_way() {
    let served = Served::by(Protocol::Http).await;
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
async fn who_has_delivered_does_not_give_way_to_who_merely_connects() {
    for (protocol, first, second) in [
        (Protocol::Http, post("[1]"), post("[2]")),
        (Protocol::Tcp, b"[1]\n".into(), b"[2]\n".into()),
    ] {
        let served = Served::by(protocol).await;
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
    let served = Served::by(Protocol::Http).await;
    let mut kept = all_places(&served, budget::CONNECTIONS, b"").await;
    stop_clock();
    pass(Duration::from_secs(3600)).await;
    for connection in &mut kept {
        assert_eq!(connection.post("").await, 200);
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_gives_way() {
    let served = Served::by(Protocol::Http).await;
    let head = b"POST / HTTP/1.1\r\nHost: sandbox";
    let mut stuck = all_places(&served, budget::CONNECTIONS, head).await;
    assert_eq!(served.connect().await.post("[1]").await, 200);
    assert_eq!(stuck[0].ended().await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_gives_way_soon() {
    let served = Served::by(Protocol::Http).await;
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
async fn a_body_may_take_its_time_where_nobody_waits() {
    let served = Served::by(Protocol::Http).await;
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
async fn who_is_never_idle_leaves_after_a_delivery() {
    let served = Served::by(Protocol::Http).await;
    let mut busy = all_places(&served, budget::CONNECTIONS, b"").await;
    let mut half = post("[1]");
    let rest = half.pop().unwrap();
    for connection in &mut busy {
        connection.send(&half).await;
    }
    let mut platform = served.connect().await;
    platform.send(post("[2]")).await;
    settle().await;
    busy[7].send([rest]).await;
    let answer = busy[7].head().await;
    assert_eq!(answer[0], "HTTP/1.1 200 OK");
    assert!(
        answer.iter().any(|line| line == "connection: close"),
        "{answer:?}"
    );
    assert_eq!(busy[7].ended().await, "");
    assert_eq!(platform.answer().await, 200);
    assert_eq!(
        platform.post("[3]").await,
        200,
        "it is not asked to leave, too"
    );
}

/// More than there is room for together.
const MANY: usize = 20;

#[tokio::test]
async fn large_bodies_that_do_not_come_take_no_room() {
    let served = Served::by(Protocol::Http).await;
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

#[tokio::test]
async fn large_bodies_that_stop_coming_give_way_soon() {
    let served = Served::by(Protocol::Http).await;
    stop_clock();
    let header = format!("Content-Length: {}", budget::DELIVERY);
    let begun = head("POST", &header) + "[1";
    let mut stuck = all_places(&served, MANY, begun.as_bytes()).await;
    settle().await;
    let large = format!("[\"{}\"]", "x".repeat(budget::DELIVERY - 4));
    let mut platform = Connection::to(served.port).await;
    let answer = tokio::spawn(async move { platform.post(&large).await });
    // Two at a time, each for as long as the last before it was.
    let rounds = MANY / (budget::DELIVERIES / budget::DELIVERY);
    pass(SOON * u32::try_from(rounds).unwrap()).await;
    assert_eq!(answer.now_or_never().unwrap().unwrap(), 200);
    for connection in &mut stuck {
        assert_eq!(connection.answer().await, 408);
    }
}

#[tokio::test]
async fn a_small_body_needs_no_room() {
    let served = Served::by(Protocol::Http).await;
    stop_clock();
    let header = format!("Content-Length: {}", budget::DELIVERY);
    let begun = head("POST", &header) + "[1";
    let _stuck = all_places(&served, MANY, begun.as_bytes()).await;
    let body = format!("[\"{}\"]", "x".repeat(budget::SMALL_DELIVERY - 4));
    let mut platform = served.connect().await;
    platform.send(post(&body)).await;
    settle().await;
    assert_eq!(platform.answer().now_or_never(), Some(200));
    assert!(served.queued() == [body], "it came otherwise");
}

#[tokio::test]
async fn lines_come_beside_connections_that_say_nothing() {
    let served = Served::by(Protocol::Tcp).await;
    let mut idle = all_places(&served, 10, b"").await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    assert_eq!(served.next().await, "1\n");
    assert_eq!(idle[0].ended().await, "");
}

#[tokio::test]
async fn a_line_that_does_not_end_gives_way_and_is_taken_as_it_is() {
    let served = Served::by(Protocol::Tcp).await;
    stop_clock();
    let _stuck = all_places(&served, 2, b"{").await;
    settle().await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    pass(SOON).await;
    let mut queued = served.queued();
    queued.sort();
    assert_eq!(queued, ["1\n", "{", "{"]);
}

#[tokio::test]
async fn a_line_may_take_its_time_where_nobody_waits() {
    let served = Served::by(Protocol::Tcp).await;
    stop_clock();
    let mut connection = served.connect().await;
    connection.send("{").await;
    pass(Duration::from_secs(3600)).await;
    connection.send("}\n").await;
    assert_eq!(served.next().await, "{}\n");
}

#[tokio::test]
async fn a_line_has_its_time_from_its_beginning() {
    let served = Served::by(Protocol::Tcp).await;
    stop_clock();
    let mut connections = all_places(&served, 2, b"{").await;
    pass(Duration::from_secs(3600)).await;
    for connection in &mut connections {
        connection.send("}\n{").await;
    }
    settle().await;
    let mut platform = served.connect().await;
    platform.send("1\n").await;
    settle().await;
    assert_eq!(served.queued(), ["{}\n", "{}\n"]);
    connections[0].send("}\n").await;
    settle().await;
    assert_eq!(served.queued(), ["{}\n", "1\n"], "who is done leaves");
}

#[tokio::test]
async fn lines_come_beside_connections_that_are_never_idle() {
    let served = Served::by(Protocol::Tcp).await;
    let floods: Vec<_> = (0..2)
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
