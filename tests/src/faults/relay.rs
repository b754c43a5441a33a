//! What stands between an extension and the emulator, and spoils the answers to one call.
//!
//! The emulator has faults of its own; this one knows where the head of an answer ends, stops the
//! process that waits for it, and can be gone.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use lambda_ext::emulator::Call;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Fault, Place, Step, Trouble};

/// What a relay does, and what it has seen.
#[derive(Debug, Clone)]
pub(super) struct Relay(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    upstream: String,
    address: SocketAddr,
    fault: Fault,
    step: Step,
    seen: Mutex<State>,
    /// Who is to be told once nobody is here any more.
    leave: mpsc::UnboundedSender<oneshot::Sender<()>>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    gone: bool,
    /// The process, while it runs.
    pid: Option<u32>,
}

/// A request or an answer.
struct Message {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Relay {
    /// Stands before the emulator at this address, until the tasks are dropped.
    pub(super) async fn before(upstream: &str, fault: Fault, step: Step) -> (Self, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (leave, mut leaving) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
        let relay = Self(Arc::new(Inner {
            upstream: upstream.to_owned(),
            address: listener.local_addr().expect("an address"),
            fault,
            step,
            seen: Mutex::default(),
            leave,
        }));
        let at = relay.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            let told = loop {
                tokio::select! {
                    biased;
                    Ok((stream, _)) = listener.accept() => {
                        connections.spawn(at.clone().serve(stream));
                    }
                    told = leaving.recv() => break told,
                };
            };
            drop(listener);
            if at.is_there() {
                // What the process has sent before its end is still read.
                connections.join_all().await;
                return;
            }
            // The port stays taken, so that it is nobody else's who would answer.
            let taken = TcpSocket::new_v4().expect("a socket");
            taken.set_reuseaddr(true).expect("an option of sockets");
            taken.bind(at.0.address).expect("the same port");
            let _ = told.map(|told| told.send(()));
            while let Some(told) = leaving.recv().await {
                let _ = told.send(());
            }
        });
        if matches!(fault.trouble, Trouble::Gone) && step.call == Call::Register {
            relay.go().await;
        }
        (relay, tasks)
    }

    /// What the extension takes for the platform's address.
    pub(super) fn address(&self) -> String {
        self.0.address.to_string()
    }

    /// The calls that have come, in order. The process must have ended.
    pub(super) async fn calls(&self) -> Vec<Call> {
        self.leave().await;
        self.look(|state| state.calls.clone())
    }

    /// Whether it could be reached to the end.
    pub(super) fn is_there(&self) -> bool {
        self.look(|state| !state.gone)
    }

    /// The process that may be stopped; none once it has ended.
    pub(super) fn set_pid(&self, pid: Option<u32>) {
        self.look(|state| state.pid = pid);
    }

    fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn go(&self) {
        self.look(|state| state.gone = true);
        self.leave().await;
    }

    /// Accepts nothing more, and waits until that is so.
    async fn leave(&self) {
        let (told, is_told) = oneshot::channel();
        let _ = self.0.leave.send(told);
        let _ = is_told.await;
    }

    /// Notes the call, and says what becomes of it.
    fn trouble(&self, call: Call) -> Option<Trouble> {
        let Inner { fault, step, .. } = &*self.0;
        self.look(|state| {
            state.calls.push(call);
            let nth = state.calls.iter().filter(|seen| **seen == call).count();
            let met = call == step.call && (nth == step.nth || nth > step.nth && fault.stays);
            (met || state.gone).then_some(fault.trouble)
        })
    }

    /// Serves one connection, with one of its own.
    async fn serve(self, stream: TcpStream) -> Option<()> {
        let _ = stream.set_nodelay(true);
        let mut client = BufReader::new(stream);
        let platform = TcpStream::connect(&self.0.upstream).await.ok()?;
        let mut platform = BufReader::new(platform);
        loop {
            let request = Message::read(&mut client).await?;
            let trouble = self.trouble(request.call()?);
            match trouble {
                Some(Trouble::Gone) => {
                    self.go().await;
                    return None;
                }
                Some(Trouble::Closed) => return None,
                Some(Trouble::Answer(answer)) => {
                    client.write_all(&answer.bytes()).await.ok()?;
                    if answer.closed {
                        return None;
                    }
                    continue;
                }
                Some(Trouble::Delayed(time)) => sleep(time).await,
                _ => {}
            }
            platform.write_all(&request.bytes()).await.ok()?;
            let answer = tokio::select! {
                answer = Message::read(&mut platform) => answer?,
                // While it waits, it can only hang up.
                _ = client.fill_buf() => return None,
            };
            self.deliver(&mut client, &answer, trouble).await?;
        }
    }

    /// Hands over an answer; none where the connection is at its end.
    async fn deliver(
        &self,
        client: &mut BufReader<TcpStream>,
        answer: &Message,
        trouble: Option<Trouble>,
    ) -> Option<()> {
        let bytes = answer.bytes();
        match trouble {
            Some(Trouble::Lost) => None,
            Some(Trouble::Cut(place)) => {
                let head = answer.head.len();
                let cut = match place {
                    Place::Head => head / 2,
                    Place::Between => head,
                    Place::Body => head + answer.body.len() / 2,
                };
                client.write_all(&bytes[..cut]).await.ok()?;
                None
            }
            Some(Trouble::Before(before)) => {
                client.write_all(before.as_bytes()).await.ok()?;
                client.write_all(&bytes).await.ok()
            }
            Some(Trouble::Slow(pause)) => {
                // By the clock, so that a busy machine does not make it slower still.
                let mut due = Instant::now();
                for byte in bytes {
                    due += pause;
                    sleep_until(due).await;
                    client.write_all(&[byte]).await.ok()?;
                }
                Some(())
            }
            Some(Trouble::Stopped(time)) => {
                self.signal("STOP").await;
                let written = client.write_all(&bytes).await;
                sleep(time).await;
                self.signal("CONT").await;
                written.ok()
            }
            _ => client.write_all(&bytes).await.ok(),
        }
    }

    async fn signal(&self, name: &str) {
        if let Some(pid) = self.look(|state| state.pid) {
            let pid = pid.to_string();
            let status = Command::new("kill").args(["-s", name, &pid]).status().await;
            assert!(status.is_ok(), "kill runs");
        }
    }
}

impl Message {
    /// None where the connection ends.
    async fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_until(b'\n', &mut head).await.ok()? == 0 {
                return None;
            }
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let mut lines = text.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length:"));
        let length = length.and_then(|length| length.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        Some(Self { head, body })
    }

    fn bytes(&self) -> Vec<u8> {
        [&*self.head, &*self.body].concat()
    }

    fn call(&self) -> Option<Call> {
        let head = String::from_utf8_lossy(&self.head);
        let path = head.split(' ').nth(1)?;
        Call::ALL.iter().copied().find(|call| call.path() == path)
    }
}
