"""Traces where they are wanted; where not, what makes and sends them is not even loaded."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve import app as app_module
from hazardlens.serve.errors import SettingsError
from hazardlens.serve.tracing import NoTracing, open_tracing
from support import pictures
from support.serving import CLASSIFY, found, serving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_and_its_stages_are_spans_below_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(app_module, "open_tracing", lambda _: open_tracing(None, exporter=exporter))
    with serving(ScriptedDetector([found()])) as client:
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-ID": "a-1"}
        client.post(CLASSIFY, files={"file": ("secret-name.jpg", pictures.jpeg())}, headers=headers)
    spans = {span.name: span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE}
    assert set(spans) == {f"POST {CLASSIFY}", "decode", "triage"}
    request = spans[f"POST {CLASSIFY}"]
    assert request.attributes is not None
    assert request.attributes["hazardlens.request_id"] == "a-1"
    assert request.attributes["http.response.status_code"] == 200
    for stage in ("decode", "triage"):
        parent = spans[stage].parent
        assert parent is not None
        assert parent.span_id == request.context.span_id
    assert not any("secret-name" in span.to_json() for span in spans.values())


def test_an_error_leaves_no_words_in_a_span(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    tracing = open_tracing(None, exporter=exporter)
    with pytest.raises(ValueError, match="13800138000"), tracing.request({}, "a-1"):
        raise ValueError("13800138000")
    tracing.close()
    (span,) = exporter.get_finished_spans()
    assert "13800138000" not in span.to_json()


def test_without_the_setting_nothing_is_loaded() -> None:
    assert isinstance(open_tracing(None), NoTracing)
    heavy = "('opentelemetry.sdk', 'opentelemetry.exporter')"
    script = f"import sys, hazardlens.serve.app; print([n for n in sys.modules if n.startswith({heavy})])"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told == "[]\n"


def test_where_it_is_not_installed_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"needs hazardlens\[otel\]"):
        open_tracing("http://127.0.0.1:4318/v1/traces")
