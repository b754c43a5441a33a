//! A registered extension.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio::sync::oneshot;

use super::State;
use super::reply::{Reply, json};
use crate::EventType;

/// A registered extension.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) name: String,
    pub(super) external: bool,
    pub(super) events: BTreeSet<&'static str>,
    pub(super) state: State,
    /// What it reported, in its own words.
    pub(super) reported: Option<String>,
    /// Has called `next` since the phase began: what the phase waits for.
    pub(super) arrived: bool,
    /// Released while it was not waiting: its next `next` is answered at once.
    pub(super) latched: bool,
    pub(super) waiting: Option<oneshot::Sender<Reply>>,
    /// What it waited for when it left: whoever called for it is not answered.
    pub(super) left_waiting: Option<oneshot::Sender<Reply>>,
}

impl Agent {
    pub(super) fn takes(&self, event: EventType) -> bool {
        self.events.contains(event.as_str()) && (self.external || event == EventType::Invoke)
    }
}

/// The environment's event, which a released `next` is answered with.
#[derive(Debug, Clone)]
pub(super) struct CurrentEvent {
    pub(super) event_type: EventType,
    body: String,
}

/// A trace header as events and telemetry have it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TraceContext {
    #[serde(rename = "spanId", skip_serializing_if = "Option::is_none")]
    pub(super) span_id: Option<String>,
    pub(super) r#type: &'static str,
    pub(super) value: String,
}

impl TraceContext {
    pub(super) fn of(header: &str) -> Self {
        Self {
            span_id: None,
            r#type: "X-Amzn-Trace-Id",
            value: header.to_owned(),
        }
    }
}

impl CurrentEvent {
    pub(super) fn invoke(
        deadline_ms: u64,
        request_id: &str,
        function_arn: &str,
        tracing: Option<&TraceContext>,
    ) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            event_type: &'static str,
            deadline_ms: u64,
            request_id: &'a str,
            invoked_function_arn: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            tracing: Option<&'a TraceContext>,
        }
        let body = json(&Body {
            event_type: "INVOKE",
            deadline_ms,
            request_id,
            invoked_function_arn: function_arn,
            tracing,
        });
        Self {
            event_type: EventType::Invoke,
            body,
        }
    }

    pub(super) fn shutdown(deadline_ms: u64, reason: &str) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            event_type: &'static str,
            deadline_ms: u64,
            shutdown_reason: &'a str,
        }
        let body = json(&Body {
            event_type: "SHUTDOWN",
            deadline_ms,
            shutdown_reason: reason,
        });
        Self {
            event_type: EventType::Shutdown,
            body,
        }
    }

    pub(super) fn reply(&self) -> Reply {
        match self.event_type {
            EventType::Invoke => Reply::invoke(self.body.clone()),
            EventType::Shutdown => Reply::shutdown(self.body.clone()),
        }
    }
}
