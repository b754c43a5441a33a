//! The invocation that the author's own events belong to.

use crate::InvokeEvent;

/// The span of an invocation: what is logged in it has the invocation's request id, and the trace that
/// it belongs to. Its fields have the names that `lambda_runtime` gives them in functions, so that one
/// query finds both. Their level is ERROR, because an error is to have them, too, where nothing below
/// is wanted.
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    span: ::tracing::Span,
}

#[cfg(feature = "tracing")]
impl Span {
    /// Of this event.
    pub(crate) fn invoke(event: &InvokeEvent) -> Self {
        let trace = event.tracing.as_ref().map(|tracing| &*tracing.value);
        let trace = trace.filter(|trace| !trace.is_empty());
        let span = ::tracing::error_span!(
            target: super::TARGET,
            "invoke",
            requestId = event.request_id,
            xrayTraceId = trace,
        );
        Self { span }
    }

    /// Of the invocation with this request id.
    pub(crate) fn runtime_done(request_id: &str) -> Self {
        let span = ::tracing::error_span!(
            target: super::TARGET,
            "runtime_done",
            requestId = request_id,
        );
        Self { span }
    }

    /// Does the work in the span.
    pub(crate) fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        ::tracing::Instrument::instrument(work, self.span)
    }
}

#[cfg(not(feature = "tracing"))]
impl Span {
    pub(crate) fn invoke(_: &InvokeEvent) -> Self {
        Self {}
    }

    pub(crate) fn runtime_done(_: &str) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn around<F: Future>(self, work: F) -> F {
        work
    }
}
