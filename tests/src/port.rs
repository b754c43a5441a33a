//! A port for a program that is ended and started anew.

use tokio::net::TcpSocket;

/// A free port of 127.0.0.1, kept from others while the program does not listen at it.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _reserved: TcpSocket,
}

impl Port {
    /// Reserves one.
    ///
    /// # Panics
    /// There is none.
    pub(crate) fn reserve() -> Self {
        let reserved = TcpSocket::new_v4().expect("a socket");
        // Two that may share an address do, as long as one of them listens at most.
        reserved.set_reuseaddr(true).expect("a socket");
        reserved.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        Self {
            number: reserved.local_addr().expect("an address").port(),
            _reserved: reserved,
        }
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
