"""A request's id is on every line that it leaves behind, also in work that others do for it later."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest
import structlog
from sqlalchemy import select
from starlette.routing import Route
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.images import Photo
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Role
from hazardlens.serve.dispatch.sending import Outcome
from hazardlens.serve.dispatch.worker import DeliveryWorker, sender_of
from hazardlens.serve.logs import configure_logs, current_request_id, logged_as_work, logged_for
from hazardlens.serve.registry.choosing import ModelChanges
from hazardlens.serve.registry.state import ModelKey, read_choice
from hazardlens.serve.reports.sweeping import Sweeper
from hazardlens.serve.store.tables import dispatch_targets, report_events
from support.intake import photo_of, send, services_behind
from support.people import authenticate_by_header, headers_of
from support.serving import found, serving

ID: Final = {"X-Request-ID": "from-the-hotline-7"}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Call it for the log so far, of our own lines."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    stream = io.StringIO()
    configure_logs("json", "info", stream=stream)

    def read(event: str | None = None) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        ours = [line for line in found if not line["event"].startswith("HTTP Request: ")]
        return [line for line in ours if event in {None, line["event"]}]

    yield read
    structlog.reset_defaults()


class _Broken:
    """A detector that works only once it is mended."""

    def __init__(self) -> None:
        self._inner = ScriptedDetector([found()])
        self.info, self.name, self.version = self._inner.info, self._inner.name, self._inner.version
        self.labels, self.input_size_px = self._inner.labels, self._inner.input_size_px
        self.mended = False

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        if not self.mended:
            raise ZeroDivisionError
        return self._inner.detect(photos)


def _routes(client: TestClient) -> list[tuple[str, str]]:
    routes = [route for route in client.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    included = [
        route
        for router in client.app.routes  # type: ignore[attr-defined]
        for route in getattr(getattr(router, "original_router", None), "routes", [])
    ]
    return sorted(
        {(method, route.path) for route in [*routes, *included] for method in route.methods or () if method != "HEAD"}
    )


def test_every_route_answers_with_the_id_and_logs_it(lines: Any) -> None:  # noqa: ANN401 - the fixture's function
    with serving(ScriptedDetector([found()]), authenticate=authenticate_by_header) as client:
        told = _routes(client)
        assert len(told) > 40
        for n, (method, path) in enumerate(told):
            headers = {**headers_of("wang", Role.ADMINISTRATOR), "X-Request-ID": f"route-{n}"}
            filled = re.sub(r"\{[^}]*\}", "0", path)
            answer = client.request(method, filled, headers=headers, follow_redirects=False)
            assert answer.headers["x-request-id"] == f"route-{n}", (method, path)
            if answer.headers.get("content-type") == "application/problem+json":
                assert answer.json()["request_id"] == f"route-{n}"
    quiet = {"/healthz", "/readyz", "/metrics"}
    logged = {line["request_id"]: line for line in lines("request")}
    missing = [route for n, route in enumerate(told) if route[1] not in quiet and f"route-{n}" not in logged]
    assert missing == []


def test_no_line_of_the_service_lacks_an_id(lines: Any) -> None:  # noqa: ANN401
    with serving(ScriptedDetector([found()])) as client:
        send(client, photo_of(1))
        asyncio.run(Sweeper(services_behind(client)).round())
    assert [line for line in lines() if not line.get("request_id")] == []
    assert {"model_ready", "request"} <= {line["event"] for line in lines()}


def test_an_error_in_a_worker_thread_has_the_id_of_its_request(lines: Any) -> None:  # noqa: ANN401
    with serving(_Broken()) as client:
        client.post("/v1/classify", files={"file": photo_of(1)}, headers=ID)
    (line,) = lines("request_failed")
    assert line["request_id"] == ID["X-Request-ID"]


def test_a_late_pre_fill_belongs_to_the_request_that_sent_the_report(lines: Any) -> None:  # noqa: ANN401
    broken = _Broken()
    with serving(broken, sweep_interval_s=3600) as client:
        services = services_behind(client)
        report_id = _report_without_prefill(client)
        Sweeper(services).prefill(report_id)
        (line,) = lines("request_failed")
        assert (line["request_id"], line["report"]) == (ID["X-Request-ID"], report_id)
        broken.mended = True
        Sweeper(services).prefill(report_id)
        with services.store.read() as connection:
            query = select(report_events.c.action, report_events.c.request_id).order_by(report_events.c.seq)
            events = [tuple(row) for row in connection.execute(query)]
    assert events == [("receive", ID["X-Request-ID"]), ("prefill", ID["X-Request-ID"])]


def _report_without_prefill(client: TestClient) -> str:
    slot = services_behind(client).slot
    model, slot._state = slot._state, None
    report_id: str = send(client, photo_of(1), headers=ID).json()["id"]
    slot._state = model
    return report_id


def test_a_delivery_belongs_to_the_request_that_decided(lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    with serving(ScriptedDetector([found()]), authenticate=authenticate_by_header) as client:
        services = services_behind(client)
        report = send(client, photo_of(1)).json()
        with services.store.write() as connection:
            target = {"route": report["route"], "url": "https://203.0.113.7/", "secret": "s", "enabled": True}
            connection.execute(
                dispatch_targets.insert().values(**target, version=1, updated_at=services.now(), updated_by="a")
            )
        li = headers_of("li")
        version = client.post(
            f"/v1/reports/{report['id']}/claim", json={"version": report["version"]}, headers=li
        ).json()
        body = {"version": version["version"], "verdict": "confirm"}
        decided = client.post(f"/v1/reports/{report['id']}/review", json=body, headers={**li, **ID})
        assert decided.status_code == 200, decided.text
        sender = sender_of(services)
        monkeypatch.setattr(type(sender), "send", lambda *_: Outcome(status=200, answer={}, error=None))
        worker = DeliveryWorker(services.store, sender, max_attempts=1, now=services.now, draw=lambda: 0.5)
        worker.send_one()
        with services.store.read() as connection:
            query = select(report_events.c.action, report_events.c.request_id).where(
                report_events.c.action.in_(("confirm", "forward"))
            )
            events = dict(tuple(row) for row in connection.execute(query).all())
    assert {line["request_id"] for line in lines("delivery")} == {ID["X-Request-ID"]}
    assert events == {"confirm": ID["X-Request-ID"], "forward": ID["X-Request-ID"]}


def test_servers_that_follow_a_choice_know_which_request_made_it() -> None:
    with serving(ScriptedDetector([found()])) as client:
        services = services_behind(client)
        with services.store.write() as connection:
            act = Act(SYSTEM, services.now(), "chosen-by-9")
            ModelChanges(connection, act).activate(ModelKey("a", "1", "0" * 64), default=None)
        with services.store.read() as connection:
            choice = read_choice(connection)
    assert choice is not None
    assert choice.request_id == "chosen-by-9"


def test_work_in_the_background_has_an_id_of_its_own_and_keeps_the_one_it_was_given() -> None:
    assert current_request_id() is None
    with logged_as_work("sweep"):
        mine = current_request_id()
        assert mine is not None
        assert mine.startswith("sweep-")
        with logged_for("given"):
            assert current_request_id() == "given"
        with logged_for(None):
            assert current_request_id() == mine
    assert current_request_id() is None
