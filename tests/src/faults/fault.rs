//! The rows and the columns: what goes wrong, and when.

use std::time::Duration;

use lambda_ext::emulator::Call;

/// At which call it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// The call.
    pub call: Call,
    /// Which of these calls, counted from 1.
    pub nth: usize,
    /// The method that has to fail for that call to be made.
    pub fails: &'static str,
}

/// The columns.
pub const STEPS: [Step; 7] = [
    step("register", Call::Register, 1, ""),
    step("telemetry", Call::Telemetry, 1, ""),
    step("next 1", Call::Next, 1, ""),
    step("next 2", Call::Next, 2, ""),
    step("shutdown", Call::Next, 3, ""),
    step("init error", Call::InitError, 1, "init"),
    step("exit error", Call::ExitError, 1, "invoke"),
];

const fn step(name: &'static str, call: Call, nth: usize, fails: &'static str) -> Step {
    Step {
        name,
        call,
        nth,
        fails,
    }
}

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What it does to an answer.
    pub trouble: Trouble,
    /// Whether it stays, for all later calls of this kind.
    pub stays: bool,
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// Nobody is there any more, for whatever call.
    Gone,
    /// The call is not made, and the connection closed.
    Closed,
    /// The call is made, and the connection closed.
    Lost,
    /// The call is made, and the connection closed in the middle of its answer.
    Cut(Place),
    /// The call is not made, and answered with this.
    Answer(Answer),
    /// The call is made; this comes before its answer.
    Before(&'static str),
    /// The call is made after a while.
    Delayed(Duration),
    /// The call is made; its answer comes byte by byte, with this pause before each.
    Slow(Duration),
    /// The call is made; the process is stopped for this time, in which its answer comes.
    Stopped(Duration),
}

/// Where an answer is cut.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// In the middle of its head.
    Head,
    /// Behind its head.
    Between,
    /// In the middle of its body.
    Body,
}

/// An answer that is not the platform's.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its status line and its headers but for the length; empty where it is not HTTP.
    pub head: &'static str,
    /// Its body.
    pub body: &'static str,
    /// How often the body comes.
    pub times: usize,
    /// By how much the length that it tells is wrong.
    pub wrong_by: isize,
    /// Whether the connection is closed behind it.
    pub closed: bool,
}

impl Answer {
    /// To the byte.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let body = self.body.repeat(self.times);
        if self.head.is_empty() {
            return body.into_bytes();
        }
        let length = body.len().saturating_add_signed(self.wrong_by);
        // An identifier, so that it is the rest of the answer that is at fault.
        let id = "Lambda-Extension-Identifier: 5f0d3c1e-8a34-4d0e-9d7d-2b8a3c9be001";
        let head = self.head;
        format!("HTTP/1.1 {head}\r\n{id}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    }
}

const JSON: &str = r#"{"errorType":"Extension.Unwell","errorMessage":"the platform is unwell"}"#;
const HTML: &str = "<html>\n<body>unwell</body>\n</html>\n";
const CONTROLS: &str =
    "{\"errorType\":\"Extension.\\u001b[31mRed\",\"errorMessage\":\"a\\r\\nb\\u0000\\u009b2J\"}";
const RAW_CONTROLS: &str = "\u{1b}[2Jgone\r\n\0\u{7}\u{9b}31m";
const EVENT: &str = r#"{"eventType":"INVOKE","deadlineMs":1,"requestId":"1"}"#;

/// The rows.
pub const FAULTS: [Fault; 40] = [
    stays("refused from now on", Trouble::Gone),
    once("closed", Trouble::Closed),
    stays("closed for ever", Trouble::Closed),
    once("lost", Trouble::Lost),
    once("cut in the head", Trouble::Cut(Place::Head)),
    once("cut behind the head", Trouble::Cut(Place::Between)),
    once("cut in the body", Trouble::Cut(Place::Body)),
    stays("400", answer("400 Bad Request", JSON)),
    once("400 once", answer("400 Bad Request", JSON)),
    stays("403", answer("403 Forbidden", JSON)),
    stays("403, controls in JSON", answer("403 Forbidden", CONTROLS)),
    stays(
        "403, controls in text",
        answer("403 Forbidden", RAW_CONTROLS),
    ),
    stays("404, empty", answer("404 Not Found", "")),
    once("429 once", answer("429 Too Many Requests", JSON)),
    stays("429 for ever", answer("429 Too Many Requests", "")),
    stays("500", answer("500 Internal Server Error", JSON)),
    stays("500, HTML", answer("500 Internal Server Error", HTML)),
    stays("500, an array", answer("500 Internal Server Error", "[1]")),
    stays("500, a number", answer("500 Internal Server Error", "1")),
    stays("500, null", answer("500 Internal Server Error", "null")),
    once("502 once, HTML", answer("502 Bad Gateway", HTML)),
    once("503 once, empty", answer("503 Unavailable", "")),
    stays("503 for ever", answer("503 Unavailable", JSON)),
    once("504 once, an array", answer("504 Gateway Timeout", "[1]")),
    once("200, empty", answer("200 OK", "")),
    once("200, not HTTP", no_http("\0nonsense\r\n\r\n")),
    once("200, half a JSON", answer("200 OK", r#"{"eventType":"INV"#)),
    once("200, another shape", answer("200 OK", "[null]")),
    once("200, 10 MB", long("200 OK")),
    once("length too long, closed", length("200 OK", EVENT, 10, true)),
    once("length too long, open", length("200 OK", EVENT, 10, false)),
    once("length too short", length("200 OK", EVENT, -10, false)),
    once("202, empty", answer("202 Accepted", "")),
    once("204", answer("204 No Content", "")),
    once(
        "302",
        answer("302 Found\r\nLocation: http://127.0.0.1:1/", ""),
    ),
    once(
        "103 before it",
        Trouble::Before("HTTP/1.1 103 Early Hints\r\n\r\n"),
    ),
    once("300 ms late", Trouble::Delayed(Duration::from_millis(300))),
    once("slow", Trouble::Slow(Duration::from_millis(2))),
    once("stopped for 1 s", Trouble::Stopped(Duration::from_secs(1))),
    once("stopped for 6 s", Trouble::Stopped(Duration::from_secs(6))),
];

const fn once(name: &'static str, trouble: Trouble) -> Fault {
    Fault {
        name,
        trouble,
        stays: false,
    }
}

const fn stays(name: &'static str, trouble: Trouble) -> Fault {
    Fault {
        name,
        trouble,
        stays: true,
    }
}

const fn answer(head: &'static str, body: &'static str) -> Trouble {
    length(head, body, 0, false)
}

const fn length(head: &'static str, body: &'static str, wrong_by: isize, closed: bool) -> Trouble {
    Trouble::Answer(Answer {
        head,
        body,
        times: 1,
        wrong_by,
        closed,
    })
}

const fn no_http(bytes: &'static str) -> Trouble {
    length("", bytes, 0, true)
}

const fn long(head: &'static str) -> Trouble {
    Trouble::Answer(Answer {
        head,
        body: "ten bytes.",
        times: 1_000_000,
        wrong_by: 0,
        closed: false,
    })
}
