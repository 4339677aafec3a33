import io
import json
import logging
from collections.abc import Iterator
from typing import Any, Final, Literal

import pytest
import structlog
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.images import Photo
from hazardlens.serve.logs import configure_logs
from support import pictures
from support.serving import CLASSIFY, found, serving

NUMBER: Final = "13800138000"


class Log:
    """The lines written so far."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        ours = [line for line in lines if not line["event"].startswith("HTTP Request: ")]  # the test client's own
        assert NUMBER not in json.dumps(ours)
        return [line for line in ours if line["event"] == event]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    log = Log()
    configure_logs("json", "info", stream=log.stream)
    yield log
    structlog.reset_defaults()


@pytest.fixture
def client(log: Log) -> Iterator[TestClient]:
    with serving(ScriptedDetector([found()])) as client:
        yield client


def test_a_request_is_one_line_without_content(client: TestClient, log: Log) -> None:
    response = client.post(
        CLASSIFY,
        files={"file": (f"{NUMBER}.jpg", pictures.jpeg())},
        data={"text": NUMBER},
        headers={"X-Request-ID": "a-1"},
    )
    (line,) = (line for line in log.lines("request") if line["route"] == CLASSIFY)
    assert line | {"timestamp": "", "duration_ms": 0} == {
        "event": "request",
        "level": "info",
        "timestamp": "",
        "request_id": "a-1",
        "method": "POST",
        "route": "/v1/classify",
        "status": 200,
        "duration_ms": 0,
        "received_bytes": int(response.request.headers["content-length"]),
        "photos": 1,
        "category": "stacked_clutter",
    }


def test_refusals_are_logged_by_code_without_content(client: TestClient, log: Log) -> None:
    client.post(CLASSIFY, files={"file": (f"{NUMBER}.jpg", b"GIF89a")}, data={"text": NUMBER})
    client.post(CLASSIFY, params={"text": NUMBER, NUMBER: "x"}, content=b"x", headers={"Content-Type": "image/png"})
    client.get(f"/{NUMBER}")
    lines = [line for line in log.lines("request") if line["status"] not in {200, 503}]
    assert [(line["status"], line["code"]) for line in lines] == [
        (415, "image_format_unsupported"),
        (422, "field_unknown"),
        (404, "not_found"),
    ]


def test_an_unforeseen_error_is_logged_by_type_and_place(log: Log) -> None:
    def broken(_: Photo) -> Detections:
        raise ValueError(f"cannot read {NUMBER}")

    with serving(ScriptedDetector(broken)) as client:
        response = client.post(CLASSIFY, files={"file": pictures.jpeg()})
    (line,) = log.lines("request_failed")
    assert line["error"] == "ValueError"
    assert line["frames"][-1].endswith(" broken")
    assert line["request_id"] == response.json()["request_id"]


def test_health_checks_are_logged_only_when_they_fail(client: TestClient, log: Log) -> None:
    log.stream.truncate(0)
    log.stream.seek(0)
    for path in ("/healthz", "/readyz", "/metrics", "/static/docs/init.js"):
        assert client.get(path).status_code == 200
    client.post("/healthz")
    assert [(line["route"], line["status"]) for line in log.lines("request")] == [("/healthz", 405)]


def test_loading_a_model_is_logged(client: TestClient, log: Log) -> None:
    (line,) = log.lines("model_ready")
    assert (line["name"], line["version"]) == ("scripted", "0")
    assert client.get("/readyz").json()["policy"] == line["policy"]


def test_a_terminal_gets_lines_for_people(log: Log) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    configure_logs("auto", "info", stream=terminal)
    structlog.get_logger("hazardlens").info("model_ready", name="x")
    assert "model_ready" in terminal.getvalue()
    assert "{" not in terminal.getvalue()


def test_libraries_log_in_the_same_form(log: Log) -> None:
    logging.getLogger("uvicorn.error").warning("careful")
    (line,) = log.lines("careful")
    assert line["level"] == "warning"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_a_library_logs_of_an_error_is_its_type(log: Log, log_format: Literal["json", "console"]) -> None:
    stream = io.StringIO()
    configure_logs(log_format, "info", stream=stream)
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=ValueError(NUMBER))
    assert "ValueError" in stream.getvalue()
    assert NUMBER not in stream.getvalue()
