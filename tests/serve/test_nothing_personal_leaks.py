"""Recognisable words, places, names, addresses, tokens and passwords through every route: none is logged or counted."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.access.roles import Action, Role
from hazardlens.serve.logs import configure_logs
from support import personal
from support.accounts import PASSWORD, key_headers, services_in, session_headers
from support.dispatch import SECRET, set_target
from support.intake import REPORTS
from support.personal import MARKS
from support.serving import found, serving

ADDRESS: Final = "203.0.113.77"
QUERY: Final = "qwertzuiop"
WORDS: Final = (*MARKS, ADDRESS, QUERY, PASSWORD, SECRET, "hook-token-xyzzy")
BODY: Final = {"text": personal.WORDS["text"], "reporter": personal.WORDS["reporter"]}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    stream = io.StringIO()
    configure_logs("json", "debug", stream=stream)
    for name in ("httpx2", "httpcore2", "asyncio"):  # the test's own client
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)
    yield stream
    structlog.reset_defaults()


@pytest.fixture
def client(log: io.StringIO) -> Iterator[TestClient]:
    proxies: dict[str, Any] = {"trusted_proxies": "127.0.0.0/8", "public_url": "https://h.example"}
    with serving(ScriptedDetector([found()]), draw=lambda: 0.99, **proxies) as client:
        set_target(services_in(client).store, "https://192.0.2.1/hook-token-xyzzy?key=hook-token-xyzzy")
        yield client


def _everybody(client: TestClient) -> dict[str, dict[str, str]]:
    key = key_headers(client, "system", Action.REPORT, Action.CLASSIFY, Action.READ_REPORTS)
    return {"public": {}, "key": key, "boss": session_headers(client, "boss", Role.ADMINISTRATOR)}


def _tell(client: TestClient, headers: dict[str, str]) -> None:
    """Reports in every form, and what can be wrong with them."""
    photo = personal.photo()
    named = {"file": (personal.FILE_NAME, photo)}
    for path in (REPORTS, "/v1/classify"):
        data = personal.fields() if path == REPORTS else {"text": personal.WORDS["text"]}
        client.post(path, files=named, data=data, headers={**headers, "Idempotency-Key": f"zeppelin{headers}"[:60]})
        client.post(path, files={"file": (personal.FILE_NAME, b"not a photo 13800138000")}, data=data, headers=headers)
        client.post(path, files=named, data={**data, "latitude": "31.23041x", "13800138000": "x"}, headers=headers)
        client.post(path, content=photo, params=data, headers={**headers, "Content-Type": "image/jpeg"})
        client.post(path, content=b'{"text": "13800138000', headers={**headers, "Content-Type": "application/json"})
        client.post(path, content="王小明".encode("gbk"), headers={**headers, "Content-Type": "application/json"})


def _walk(client: TestClient, headers: dict[str, str], report_id: str) -> int:
    """Every route, with words where they can be; how many."""
    app: Any = client.app
    assert isinstance(app, FastAPI)
    n = 0
    for context in iter_route_contexts(app.routes):
        if not isinstance(context.original_route, APIRoute):
            continue
        for method in context.methods or ():
            for name, body in ((report_id, BODY), ("王小明13800138000", [QUERY])):
                path = re.sub(r"\{\w+(:\w+)?\}", name, re.sub(r"\{\w+:int\}", "0", str(context.path)))
                sent = None if method in {"GET", "HEAD"} else body
                client.request(method, path, params={"text": QUERY, QUERY: QUERY}, json=sent, headers=headers)
            n += 1
    return n


def test_no_route_logs_or_counts_what_it_is_told(client: TestClient, log: io.StringIO) -> None:
    """Costs half a minute: every route for three kinds of callers."""
    forwarded = {"X-Forwarded-For": ADDRESS, "User-Agent": QUERY, "Referer": f"https://h.example/{QUERY}"}
    everybody = _everybody(client)
    report_id = client.post(REPORTS, files={"file": (personal.FILE_NAME, personal.photo(5))}).json()["id"]
    secrets = []
    for who, credentials in everybody.items():
        headers = {**credentials, **forwarded}
        secrets += [value.rpartition("=")[2].rpartition(" ")[2] for value in credentials.values()]
        _tell(client, headers)
        client.post("/v1/session", json={"name": "boss", "password": PASSWORD}, headers=forwarded)
        client.get(REPORTS, params={"text": personal.WORDS["text"], "external_id": "hotline-quux-99"}, headers=headers)
        assert _walk(client, headers, report_id) > 50, who
    told = log.getvalue()
    assert told.count("\n") > 300
    assert [line["event"] for line in map(json.loads, told.splitlines()) if line["event"] == "request_failed"] == []
    counted = client.get("/metrics").text
    for word in (*WORDS, *secrets):
        shown = json.dumps(word)[1:-1]
        assert [line for line in told.splitlines() if word in line or shown in line] == [], word
        assert word not in counted
