//! A platform that answers with any bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// What a client asked.
#[derive(Debug)]
pub struct Request {
    /// The target of the request line.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Listens on 127.0.0.1 for as long as the process lives, and returns the address. What `answer`
/// returns is written as it is, and the connection closed; a request without an answer waits for
/// ever.
///
/// # Panics
/// There is no port, or what comes is no request.
pub fn platform(mut answer: impl FnMut(Request) -> Option<Vec<u8>> + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let mut waiting = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            // A client that gave a kept connection up has nothing to ask.
            let Some(request) = request(&stream) else {
                continue;
            };
            match answer(request) {
                // A client that has read enough may be gone.
                Some(bytes) => drop(stream.write_all(&bytes)),
                None => waiting.push(stream),
            }
        }
    });
    address
}

fn request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).expect("a request") == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    Some(Request {
        path: head.split(' ').nth(1)?.to_owned(),
        body,
    })
}
