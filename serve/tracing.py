"""Traces in the form of OpenTelemetry, where an operator wants them: spans of requests, of their stages, and of work.

Without the setting `otlp_endpoint` its SDK and its exporter are not imported, and every span is nothing. A span holds
what a log line holds: ids, routes, numbers; never content.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, Protocol

from hazardlens.serve.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE: Final = "hazardlens"
_EXPORT_TIMEOUT_S: Final = 10


class Span(Protocol):
    """What is told of a span while it is open."""

    def end_as(self, name: str, facts: Mapping[str, str | int]) -> None:
        """Give it its name, and what came of it."""


class Tracing(Protocol):
    """Where spans go."""

    def request(self, headers: Mapping[str, str], request_id: str) -> AbstractContextManager[Span]:
        """The span of a request; a child of the caller's, where `traceparent` names one."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """The span of a stage of the work under way."""

    def close(self) -> None:
        """Send what was not sent yet, for a few seconds at most."""


class NoSpan:
    """Tells nobody."""

    def end_as(self, name: str, facts: Mapping[str, str | int]) -> None:
        """See `Span`."""


class NoTracing:
    """No traces are wanted."""

    def request(self, headers: Mapping[str, str], request_id: str) -> AbstractContextManager[Span]:  # noqa: ARG002
        """See `Tracing`."""
        return nullcontext(NoSpan())

    def stage(self, name: str) -> AbstractContextManager[object]:  # noqa: ARG002
        """See `Tracing`."""
        return nullcontext()

    def close(self) -> None:
        """See `Tracing`."""


def open_tracing(endpoint: str | None, *, exporter: "SpanExporter | None" = None) -> Tracing:
    """Traces to a collector, or none.

    Args:
        endpoint: of OTLP over HTTP, like "http://collector:4318/v1/traces"; None: nothing is traced.
        exporter: instead of one to the endpoint.

    Raises:
        SettingsError: it is set, and OpenTelemetry is not installed.
    """
    if endpoint is None and exporter is None:
        return NoTracing()
    try:
        return _OpenTelemetry(endpoint, exporter)
    except ModuleNotFoundError as error:
        raise SettingsError("HAZARDLENS_OTLP_ENDPOINT: needs hazardlens[otel], which is not installed") from error


class _OpenTelemetry:
    """Its API, imported here alone. A provider of our own: nothing global is changed."""

    def __init__(self, endpoint: str | None, exporter: "SpanExporter | None") -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - optional
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace import SpanKind  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        target = exporter or OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_TIMEOUT_S)
        self._provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(target))
        self._tracer = self._provider.get_tracer(SERVICE)
        self._propagator = TraceContextTextMapPropagator()
        self._server_kind = SpanKind.SERVER

    @contextmanager
    def request(self, headers: Mapping[str, str], request_id: str) -> Iterator[Span]:
        """See `Tracing`."""
        parent = self._propagator.extract(headers)
        attributes = {"hazardlens.request_id": request_id}
        # Without exceptions: their words may quote what somebody sent.
        with self._tracer.start_as_current_span(
            "request", parent, self._server_kind, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            yield _NamedSpan(span)

    def stage(self, name: str) -> AbstractContextManager[object]:
        """See `Tracing`."""
        return self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)

    def close(self) -> None:
        """See `Tracing`."""
        self._provider.shutdown()


class _NamedSpan:
    def __init__(self, span: Any) -> None:  # noqa: ANN401 - OpenTelemetry's, which is optional
        self._span = span

    def end_as(self, name: str, facts: Mapping[str, str | int]) -> None:
        self._span.update_name(name)
        self._span.set_attributes(dict(facts))
