//! Telemetry: the events that the platform emits, and the subscribers that they go to.

mod event;
pub(super) mod invocation_events;
mod json_object;
mod outcome;
pub(super) mod phase_events;
mod queue;
mod service;
mod subscriber;
mod subscription;
mod validator;

pub(super) use self::event::{Category, EmittedEvent};
pub(super) use self::outcome::PhaseOutcome;
pub(super) use self::queue::{Batch, DeliveryResult, NextDelivery};
pub(super) use self::service::{DeliveryMode, TelemetryService};
pub(super) use self::subscription::{DeliveryTarget, tcp_port};
