//! State that cannot leave its thread, held across an await.

use lambda_ext::{InvokeEvent, Register, ShutdownEvent, lambda_extension};
use std::{cell::RefCell, future::ready, rc::Rc};

struct Flusher {
    pending: Rc<RefCell<Vec<String>>>,
}

#[lambda_extension(events = [Invoke, Shutdown])]
impl Flusher {
    async fn init(register: Register) -> Self {
        let pending = Rc::new(RefCell::new(Vec::new()));
        ready(()).await;
        pending.borrow_mut().push(register.function_name);
        Self { pending }
    }

    async fn invoke(&mut self, event: InvokeEvent) {
        let pending = Rc::clone(&self.pending);
        ready(()).await;
        pending.borrow_mut().push(event.request_id);
        self.pending = pending;
    }

    async fn shutdown(&mut self, _event: ShutdownEvent) {
        self.pending = Rc::default();
    }
}
