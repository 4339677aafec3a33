"""Headers that browsers obey, on every answer: route by route, errors and files included."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from hazardlens.serve.middleware import SECURITY_HEADERS
from support.accounts import session_headers
from support.serving import serving

HSTS: Final = "Strict-Transport-Security"
NEVER_ABSENT: Final = (
    "default-src 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
)
ELSEWHERE: Final = ["GET /nowhere", "GET /static/docs/init.js", "GET /static/nothing.js", "TRACE /", "POST /docs"]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


def _requests(client: TestClient) -> list[str]:
    assert isinstance(client.app, FastAPI)
    routes = [
        f"{method} {re.sub(r'{[^}]+}', '1', context.path or '')}"
        for context in iter_route_contexts(client.app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    ]
    assert len(routes) > 50
    return [*routes, *ELSEWHERE]


def test_every_answer_carries_the_headers_that_browsers_obey(client: TestClient) -> None:
    statuses = set()
    for one in _requests(client):
        method, path = one.split()
        answer = client.request(method, path)
        statuses.add(answer.status_code)
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS, one
        assert answer.headers.get_list("Content-Security-Policy") == [SECURITY_HEADERS["Content-Security-Policy"]], one
        assert "Cache-Control" in answer.headers, one
        assert "Server" not in answer.headers, one
        assert "Access-Control-Allow-Origin" not in answer.headers, one
    assert {200, 401, 404, 405} <= statuses


def test_the_policy_forbids_what_it_should() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"].split("; ")
    assert set(NEVER_ABSENT) <= set(policy)
    assert not re.search(r"unsafe|\*|https?:", " ".join(policy))
    assert {"script-src 'self'", "style-src 'self'", "connect-src 'self'"} <= set(policy)


def test_no_document_of_ours_has_anything_inline(client: TestClient) -> None:
    """The policy would only break such a page; here it is found before that."""
    for path in ("/", "/admin", "/docs", "/login", "/report", "/review", "/setup", "/stats"):
        page = client.get(path).text
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == [], path
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == [], path


def test_what_only_some_may_see_is_never_kept_on_the_way(client: TestClient) -> None:
    headers = session_headers(client, "li")
    for path in ("/v1/session", "/v1/reports", "/v1/queue"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path


@pytest.mark.parametrize(
    ("settings", "sent", "told"),
    [
        pytest.param({}, {}, None, id="not wanted"),
        pytest.param({"public_url": "https://h.example"}, {}, None, id="not wanted behind TLS either"),
        pytest.param({"hsts_max_age_s": 600}, {}, None, id="without TLS, browsers ignore it"),
        pytest.param(
            {"hsts_max_age_s": 600, "public_url": "https://h.example"}, {}, "max-age=600", id="at a public address"
        ),
        pytest.param(
            {"hsts_max_age_s": 600}, {"X-Forwarded-Proto": "https"}, None, id="anybody may claim to have come by TLS"
        ),
    ],
)
def test_tls_is_promised_where_the_operator_says_so(
    settings: dict[str, Any], sent: dict[str, str], told: str | None
) -> None:
    with serving(**settings) as client:
        for path in ("/", "/v1/models", "/nowhere"):
            assert client.get(path, headers=sent).headers.get(HSTS) == told
