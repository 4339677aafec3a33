"""The API refuses in one shape everywhere, says nothing of its inside, and documents every code."""

import re
from collections.abc import Iterator, Sequence

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.errors import InferenceError
from hazardlens.model.images import Photo
from hazardlens.serve.catalogue import CATALOGUE
from hazardlens.serve.documents import CLASSIFY_CODES
from support import pictures
from support.project import REPO
from support.serving import CLASSIFY, problem_of, serving


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/classify/", "/static/no.js", "/static/../app.py", "/%ff"])
def test_unknown_paths(client: TestClient, path: str) -> None:
    problem_of(client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CLASSIFY, "POST"),
        ("PUT", CLASSIFY, "POST"),
        ("DELETE", "/v1/models", "GET"),
        ("POST", "/healthz", "GET"),
        ("POST", "/readyz", "GET"),
        ("POST", "/metrics", "GET"),
        ("POST", "/docs", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("POST", "/", "GET"),
        ("POST", "/static/docs/init.js", None),
        ("BREW", CLASSIFY, "POST"),
    ],
)
def test_wrong_methods(client: TestClient, method: str, path: str, allowed: str | None) -> None:
    response = client.request(method, path)
    problem_of(response, 405, "method_not_allowed")
    if allowed is not None:
        assert allowed in response.headers["allow"]


def test_every_route_refuses_in_the_one_shape(client: TestClient) -> None:
    refused: set[str] = set()
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method in operations:
            response = client.request(method, re.sub(r"\{\w+\}", "0", path))
            if response.status_code >= 400:
                problem_of(response, response.status_code, response.json()["code"])
                refused.add(path)
    assert CLASSIFY in refused
    assert "/v1/models/{version}/activate" in refused


class _Broken(ScriptedDetector):
    """Fails on every photo."""

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self._error = error

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("the inside: /srv/secret.py"), "internal_error"),
        (InferenceError("the inside: /srv/secret.py"), "inference_failed"),
    ],
)
def test_an_error_of_ours_says_nothing_of_the_inside(error: Exception, code: str) -> None:
    with serving(_Broken(error)) as client:
        response = client.post(CLASSIFY, files={"file": pictures.jpeg()})
        problem_of(response, 500, code)
        assert "inside" not in response.text
        assert "secret" not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"


def test_a_detector_that_breaks_its_contract_is_our_error() -> None:
    def too_few(_: Photo) -> Detections:
        raise IndexError

    with serving(ScriptedDetector(too_few)) as client:
        problem_of(client.post(CLASSIFY, files={"file": pictures.jpeg()}), 500, "internal_error")


def test_the_document_shows_every_code_with_its_status(client: TestClient) -> None:
    answers = client.get("/openapi.json").json()["paths"][CLASSIFY]["post"]["responses"]
    shown = {
        (int(status), code)
        for status, answer in answers.items()
        if status != "200"
        for code in answer["content"]["application/problem+json"]["examples"]
    }
    every_route_s = {"internal_error", "rate_limited", "store_unavailable"}
    assert shown == {(CATALOGUE[code].status, code) for code in {*CLASSIFY_CODES, *every_route_s}}


def test_the_guide_lists_every_code() -> None:
    guide = (REPO / "docs" / "api.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in guide.splitlines() if line.startswith("| `")]
    listed = {(code.strip().strip("`"), int(status)) for code, status in rows if status.strip().isdigit()}
    assert listed == {(code, answer.status) for code, answer in CATALOGUE.items()}
