//! The events of the environment, INVOKE and SHUTDOWN, as extensions receive them.

use serde::Serialize;

use super::reply::{Reply, json};
use crate::event::EventType;

/// An event: the answer to a `next`.
#[derive(Debug, Clone)]
pub(super) struct LifecycleEvent {
    event_type: EventType,
    body: String,
}

/// An X-Ray trace header in the shape that events and telemetry give it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TraceContext {
    #[serde(rename = "spanId", skip_serializing_if = "Option::is_none")]
    pub(super) span_id: Option<String>,
    pub(super) r#type: &'static str,
    pub(super) value: String,
}

impl TraceContext {
    pub(super) fn new(header: &str) -> Self {
        Self {
            span_id: None,
            r#type: "X-Amzn-Trace-Id",
            value: header.to_owned(),
        }
    }
}

impl LifecycleEvent {
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

    pub(super) fn event_type(&self) -> EventType {
        self.event_type
    }

    pub(super) fn reply(&self) -> Reply {
        match self.event_type {
            EventType::Invoke => Reply::invoke(self.body.clone()),
            EventType::Shutdown => Reply::shutdown(self.body.clone()),
        }
    }
}
