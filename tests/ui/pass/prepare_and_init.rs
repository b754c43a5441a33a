//! `prepare` makes the value, `init` sets it up.

use lambda_ext::{InvokeEvent, Register, lambda_extension};
use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

struct Server {
    listener: TcpListener,
    function: Option<String>,
}

#[lambda_extension(events = [Invoke])]
impl Server {
    async fn prepare() -> Result<Self, io::Error> {
        Ok(Self {
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
            function: None,
        })
    }

    async fn init(&mut self, register: Register) {
        self.function = Some(register.function_name);
    }

    async fn invoke(&self, _event: InvokeEvent) -> io::Result<()> {
        self.listener.local_addr().map(drop)
    }
}
