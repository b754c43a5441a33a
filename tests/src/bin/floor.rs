//! An extension that does as little as there is to do, with nothing but the standard library: what
//! is measured of it is the platform's part, and the operating system's.

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

fn main() -> Result<(), Box<dyn Error>> {
    let mut platform = TcpStream::connect(env::var("AWS_LAMBDA_RUNTIME_API")?)?;
    platform.set_nodelay(true)?;
    let program = env::args().next().ok_or("no name")?;
    let name = program.rsplit('/').next().unwrap_or(&program);
    let body = r#"{"events":["INVOKE","SHUTDOWN"]}"#;
    let register = format!(
        "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: platform\r\n\
         Lambda-Extension-Name: {name}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let registered = call(&mut platform, &register)?;
    let id = header(&registered, "lambda-extension-identifier").ok_or("no identifier")?;
    let next = format!(
        "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: platform\r\n\
         Lambda-Extension-Identifier: {id}\r\n\r\n"
    );
    while !call(&mut platform, &next)?.contains(r#""SHUTDOWN""#) {}
    Ok(())
}

/// Sends a request, and waits for the whole answer.
fn call(platform: &mut TcpStream, request: &str) -> Result<String, Box<dyn Error>> {
    platform.write_all(request.as_bytes())?;
    let (mut answer, mut part) = (String::new(), [0; 2048]);
    loop {
        let read = platform.read(&mut part)?;
        if read == 0 {
            return Err("the platform has closed the connection".into());
        }
        answer += std::str::from_utf8(&part[..read])?;
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            continue;
        };
        let length = header(head, "content-length").ok_or("no length")?;
        if body.len() >= length.parse()? {
            return Ok(answer);
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let (_, value) = fields.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value)
}
