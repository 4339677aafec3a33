import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from hazardlens.model.pipeline import Classification
from hazardlens.serve.documents import EXAMPLE_ANSWER
from hazardlens.serve.gate import principal_of
from hazardlens.serve.json_body import JsonBody
from hazardlens.serve.problems import Problem
from support.project import REPO, files_below
from support.serving import CLASSIFY, serving

FOREIGN: Final = re.compile(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    response = client.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


def test_the_document_is_written_once() -> None:
    with serving() as client:
        first = client.get("/openapi.json").content
        client.app.openapi = None  # type: ignore[attr-defined] # whoever makes it again fails
        assert client.get("/openapi.json").content == first


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(document)))
    assert {"Problem", "JsonBody", "MediaItem", "Classification", "Decision"} <= references
    assert references <= set(document["components"]["schemas"])


def test_no_answer_has_the_framework_s_own_shape_of_errors(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(document)
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                assert (list(answer.get("content", [])) == ["application/problem+json"]) == (int(status) >= 400)
                assert ("content" in answer) == (status not in {"204", "304"})


@pytest.mark.parametrize(
    ("method", "path", "model"),
    [
        ("post", "/v1/session", "LoginBody"),
        ("patch", "/v1/accounts/{account_id}", "AccountChangeBody"),
        ("post", "/v1/reports/{report_id}/review", "ReviewBody"),
    ],
)
def test_a_change_shows_the_body_that_it_takes(document: dict[str, Any], method: str, path: str, model: str) -> None:
    content = document["paths"][path][method]["requestBody"]["content"]
    assert content == {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def test_who_is_looked_up_may_be_told_to_come_back(client: TestClient, document: dict[str, Any]) -> None:
    assert isinstance(client.app, FastAPI)
    seen = 0
    for route in iter_route_contexts(client.app.routes):
        for method in route.methods or () if _asks_who_it_is(getattr(route, "dependant", None)) else ():
            answers = document["paths"][route.path_format][method.lower()]["responses"]
            assert {"401", "429", "503"} <= answers.keys(), f"{method} {route.path}"
            seen += 1
    assert seen > 30


def _asks_who_it_is(dependant: Dependant | None) -> bool:
    children = dependant.dependencies if dependant else []
    return any(child.call is principal_of or _asks_who_it_is(child) for child in children)


def test_the_four_forms_of_a_request_are_there(document: dict[str, Any]) -> None:
    body = document["paths"][CLASSIFY]["post"]["requestBody"]
    assert set(body["content"]) == {"multipart/form-data", "image/*", "video/*", "application/json"}
    assert [parameter["name"] for parameter in document["paths"][CLASSIFY]["post"]["parameters"]] == [
        "text",
        "min_confidence",
        "name",
    ]


def test_the_limits_in_the_document_are_those_of_the_settings() -> None:
    with serving(max_files=3) as client:
        body = client.get("/openapi.json").json()["paths"][CLASSIFY]["post"]["requestBody"]
    files = body["content"]["multipart/form-data"]["schema"]["properties"]["file"]
    assert (files["minItems"], files["maxItems"]) == (1, 3)


def test_examples_are_true_to_their_schemas(document: dict[str, Any]) -> None:
    operation = document["paths"][CLASSIFY]["post"]
    examples = operation["responses"]["200"]["content"]["application/json"]["examples"]
    assert [Classification.model_validate(one["value"]).media[0].kind for one in examples.values()] == [
        "image",
        "video",
    ]
    assert examples["photo"]["value"] == EXAMPLE_ANSWER
    JsonBody.model_validate(operation["requestBody"]["content"]["application/json"]["example"])
    for status, answer in operation["responses"].items():
        for code, example in answer["content"].get("application/problem+json", {}).get("examples", {}).items():
            problem = TypeAdapter(Problem).validate_python(example["value"])
            assert (problem.status, problem.code) == (int(status), code)


def test_every_operation_says_what_it_is_for(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]


def test_the_docs_page_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert not FOREIGN.search(page.text)
    files = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert files
    for path in files:
        response = client.get(path)
        assert response.status_code == 200
        if path.endswith(".css"):
            assert not FOREIGN.search(response.text)


def test_the_docs_page_runs_no_inline_script(client: TestClient) -> None:
    page = client.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "'unsafe-eval'" not in policy
    assert not re.search(r"<script(?![^>]* src=)", page.text)
    assert not re.search(r"\son\w+=", page.text)


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/no", "/static/docs/init.js", "/openapi.json", "/metrics"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
    assert "cache-control" in headers


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_allow_no_inline_script(client: TestClient, path: str) -> None:
    policy = client.get(path).headers["content-security-policy"]
    assert dict(part.strip().split(" ", 1) for part in policy.split(";"))["script-src"] == "'self'"


def test_the_vendored_files_are_those_of_the_note() -> None:
    folder = REPO / "serve" / "static" / "vendor" / "swagger"
    note = (folder / "VENDORED.md").read_text("utf-8")
    listed = dict(re.findall(r"\| `(\S+)` \| `([0-9a-f]{64})` \|", note))
    files = {path.name: path for path in files_below("serve/static/vendor/swagger") if path.name != "VENDORED.md"}
    assert set(listed) == set(files)
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name], name
    assert "LICENSE" in files
