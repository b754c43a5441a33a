//! The answer to a subscription.

use uuid::Uuid;

use super::super::Call;
use super::super::platform::{Platform, Request};
use super::super::reply::{Reply, json};
use super::super::settings::TelemetrySupport;
use super::event::{Category, Object};
use super::{Event, Subscription};

impl Platform {
    /// The Telemetry API; of the Logs API, which it replaces, there is only the refusal that local
    /// platforms have for it.
    pub(in super::super) fn subscribe(
        &mut self,
        call: Call,
        caller: Result<Uuid, Reply>,
        request: &mut Request,
    ) -> Reply {
        let managed = self.settings.managed();
        match call {
            Call::Logs if managed => return Reply::not_found(),
            Call::Logs => return Reply::not_supported("Logs"),
            _ if self.settings.telemetry == TelemetrySupport::NotSupported => {
                return Reply::not_supported("Telemetry");
            }
            _ => {}
        }
        let id = match caller {
            Ok(id) => id,
            Err(refused) => return refused,
        };
        let subscription = match Subscription::read(&request.body, self.settings.schemas()) {
            Ok(subscription) => subscription,
            Err(message) => return validation_error(&message),
        };
        let stream = match request.dialled.take().transpose() {
            Ok(stream) => stream,
            Err(message) => return validation_error(&message),
        };
        if self.telemetry.closed {
            return Reply::forbidden(
                "Telemetry.SubscriptionClosed",
                if managed {
                    "Telemetry API subscription is closed"
                } else {
                    "Telemetry API subscription is closed already"
                },
            );
        }
        if self.telemetry.subscribers.contains_key(&id) {
            return Reply::internal_error();
        }
        let Some(name) = self.name_of(id) else {
            return Reply::not_found();
        };
        let types: Vec<_> = subscription
            .types
            .iter()
            .map(|category| json(&category.as_str()))
            .collect();
        self.telemetry.add(id, name.clone(), subscription, stream);
        let record = Object::default()
            .text("name", &name)
            .text("state", "Subscribed")
            .list("types", &types)
            .end();
        self.tell(Event::platform("platform.telemetrySubscription", record));
        Reply::text(200, "\"OK\"")
    }

    /// Whether a subscription over TCP is worth a connection.
    pub(in super::super) fn may_subscribe(&self, request: &Request) -> bool {
        self.settings.telemetry == TelemetrySupport::Supported
            && self.identify(Call::Telemetry, request).is_ok()
    }

    /// Tells the subscribers.
    pub(in super::super) fn tell(&mut self, event: Event) {
        self.telemetry.tell(event);
    }

    /// A line that was written by an extension, or by the function.
    pub(in super::super) fn tell_line(&mut self, category: Category, line: &str) {
        let structured = self.settings.log_format == super::super::LogFormat::Json;
        // A managed instance tells lines without their end.
        let end = if self.settings.managed() { "" } else { "\n" };
        self.tell(Event::line(category, line, end, structured));
    }
}

fn validation_error(message: &str) -> Reply {
    // The platform's own does not escape the message, which is then no JSON.
    let body = format!(
        r#"{{"errorType": "ValidationError", "errorMessage": {}}}"#,
        serde_json::Value::from(message)
    );
    Reply::text(400, body)
}
