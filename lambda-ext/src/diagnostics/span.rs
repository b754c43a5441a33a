//! The `tracing` span of an invocation.

use crate::event::InvokeEvent;

/// The span of an invocation, which gives the author's events the request id and the trace. Its fields have
/// the names that `lambda_runtime` gives them in functions, so that one query finds both. Its level is ERROR,
/// so that errors have the fields even where nothing below ERROR is enabled.
pub(crate) struct InvocationSpan {
    #[cfg(feature = "tracing")]
    span: ::tracing::Span,
}

#[cfg(feature = "tracing")]
impl InvocationSpan {
    /// Creates the span of `invoke`.
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

    /// Creates the span of `runtime_done`.
    pub(crate) fn runtime_done(request_id: &str) -> Self {
        let span = ::tracing::error_span!(
            target: super::TARGET,
            "runtime_done",
            requestId = request_id,
        );
        Self { span }
    }

    /// Runs the work in the span.
    pub(crate) fn instrument<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        ::tracing::Instrument::instrument(work, self.span)
    }
}

#[cfg(not(feature = "tracing"))]
impl InvocationSpan {
    pub(crate) fn invoke(_: &InvokeEvent) -> Self {
        Self {}
    }

    pub(crate) fn runtime_done(_: &str) -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn instrument<F: Future>(self, work: F) -> F {
        work
    }
}
