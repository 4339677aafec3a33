from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from hazardlens.serve.reports.fields import REPORT_BODY, ReportBody
from hazardlens.serve.reports.reading import LIST_PARAMETERS
from hazardlens.serve.reports.views import HistoryView, ReportList, ReportView
from support.intake import REPORTS
from support.serving import serving


@pytest.fixture(scope="module")
def document() -> Iterator[dict[str, Any]]:
    with serving(max_files=3) as client:
        yield client.get("/openapi.json").json()


@pytest.mark.parametrize(
    ("path", "method", "status", "model"),
    [
        (REPORTS, "post", "201", ReportView),
        (REPORTS, "get", "200", ReportList),
        (f"{REPORTS}/{{report_id}}", "get", "200", ReportView),
        (f"{REPORTS}/{{report_id}}/history", "get", "200", HistoryView),
    ],
)
def test_examples_of_answers_are_true(
    document: dict[str, Any], path: str, method: str, status: str, model: type[BaseModel]
) -> None:
    answer = document["paths"][path][method]["responses"][status]["content"]["application/json"]
    (example,) = (document["components"]["examples"][name]["value"] for name in answer["examples"])
    model.model_validate(example)
    assert answer["schema"] == {"$ref": f"#/components/schemas/{model.__name__}"}


def test_the_four_forms_of_a_report_are_there(document: dict[str, Any]) -> None:
    content = document["paths"][REPORTS]["post"]["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "image/*", "video/*", "application/json"}
    ReportBody.model_validate(content["application/json"]["example"])
    form = content["multipart/form-data"]["schema"]
    assert list(form["properties"]) == ["file", *REPORT_BODY.fields]
    assert form["properties"]["file"]["maxItems"] == 3
    assert document["components"]["schemas"]["ReportBody"]["properties"]["media"]["maxItems"] == 3


def test_all_parameters_are_there(document: dict[str, Any]) -> None:
    sent = document["paths"][REPORTS]["post"]["parameters"]
    assert [parameter["name"] for parameter in sent] == ["Idempotency-Key", *REPORT_BODY.fields, "name"]
    listed = document["paths"][REPORTS]["get"]["parameters"]
    assert [parameter["name"] for parameter in listed] == list(LIST_PARAMETERS)
    media = document["paths"][f"{REPORTS}/{{report_id}}/media/{{n}}"]["get"]["parameters"]
    assert [parameter["name"] for parameter in media] == ["report_id", "n", "form"]


def test_a_part_of_a_file_and_one_that_is_known_are_told(document: dict[str, Any]) -> None:
    answers = document["paths"][f"{REPORTS}/{{report_id}}/media/{{n}}"]["get"]["responses"]
    assert answers["206"]["headers"]["Content-Range"]["required"] is True
    assert "content" not in answers["304"]
    assert "416" not in answers  # what cannot be met is answered with the whole file


@pytest.mark.parametrize(
    "path", ["", "/{report_id}", "/{report_id}/work", "/{report_id}/history", "/{report_id}/media/{n}"]
)
def test_a_query_that_is_not_utf8_is_told(document: dict[str, Any], path: str) -> None:
    problem = document["paths"][REPORTS + path]["get"]["responses"]["400"]["content"]["application/problem+json"]
    assert "text_not_utf8" in problem["examples"]


def test_what_can_go_wrong_is_told(document: dict[str, Any]) -> None:
    answers = document["paths"][REPORTS]["post"]["responses"]
    for status, code in (("409", "idempotency_in_flight"), ("422", "idempotency_mismatch"), ("403", "forbidden")):
        assert code in answers[status]["content"]["application/problem+json"]["examples"]
    assert "model_loading" not in answers["503"]["content"]["application/problem+json"]["examples"]
