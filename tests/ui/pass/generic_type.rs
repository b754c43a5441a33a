//! A generic type, run with an argument.

use lambda_ext::{InvokeEvent, lambda_extension};
use std::{collections::HashMap, fmt::Debug};

#[derive(Default)]
struct Flusher<S, const N: usize> {
    sink: S,
}

type Sink = HashMap<String, Vec<u8>>;

trait Flush {
    fn flush(&mut self);
}

impl Flush for Sink {
    fn flush(&mut self) {
        self.clear();
    }
}

#[lambda_extension(events = [Invoke])]
impl Flusher<HashMap<String, Vec<u8>>, 4>
where
    HashMap<String, Vec<u8>>: Debug,
{
    async fn invoke(&mut self, _event: InvokeEvent) {
        self.sink.flush();
    }
}
