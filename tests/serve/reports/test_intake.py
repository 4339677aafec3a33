"""Reports come in, in each form, and nothing that was sent is lost."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from hazardlens.model.errors import InferenceError
from hazardlens.model.pipeline import Classification
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.reports.views import ReportView
from hazardlens.serve.store.tables import report_events, report_media, reports
from support import pictures
from support.intake import FIELDS, REPORTS, Clock, exif_at, photo_of, send, sent, services_behind
from support.painted import paint_detector, painted
from support.people import authenticate_by_header, headers_of
from support.serving import CLASSIFY, problem_of, serving

HEAP: Final = pictures.saved(painted(400, 300, stacked_clutter=(60, 120, 260, 270)), "PNG")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(paint_detector(), authenticate=authenticate_by_header) as client:
        yield client


def as_form(photo: bytes) -> dict[str, Any]:
    return {"files": {"file": ("a.jpg", photo)}, "data": {name: str(value) for name, value in FIELDS.items()}}


def as_raw(photo: bytes) -> dict[str, Any]:
    return {"content": photo, "headers": {"Content-Type": "image/jpeg"}, "params": {**FIELDS, "name": "a.jpg"}}


def as_json(photo: bytes) -> dict[str, Any]:
    return {"json": {"media": [{"name": "a.jpg", "data": base64.b64encode(photo).decode()}], **FIELDS}}


@pytest.mark.parametrize("form", [as_form, as_raw, as_json])
def test_a_report_comes_back_as_it_was_sent(client: TestClient, form: Callable[[bytes], dict[str, Any]]) -> None:
    response = client.post(REPORTS, **form(photo_of(3)))
    assert response.status_code == 201, response.text
    view = ReportView.model_validate_json(response.content)
    assert response.headers["location"] == f"{REPORTS}/{view.id}"
    assert response.headers["content-type"] == "application/json"
    assert {name: getattr(view, name) for name in FIELDS} == FIELDS
    assert (view.state, view.version, view.media[0].name) == ("prefilled", 2, "a.jpg")
    assert (view.claim, view.verdict, view.decided_by) == (None, None, None)


def test_the_prefill_is_that_of_classify(client: TestClient) -> None:
    files = {"file": ("a.png", HEAP)}
    report = client.post(REPORTS, files=files, data={"text": "楼道里"}).json()
    answer = client.post(CLASSIFY, files=files, data={"text": "楼道里"}).json()
    assert report["prefill"] == answer["prefill"]
    assert (report["model"], report["policy"]) == (answer["model"], answer["policy"])
    for name in ("category", "urgency", "confidence", "needs_human", "route"):
        assert report[name] == answer["prefill"][name]
    (media,) = report["media"]
    assert {name: media[name] for name in answer["media"][0]} == answer["media"][0]
    assert media["detections"]
    assert media["media_type"] == "image/png"


def test_words_alone_may_decide(client: TestClient) -> None:
    assert sent(client, text="电梯坏了，有人被困")["category"] == "elevator_fault"


def test_photo_and_row_are_there_when_the_answer_is(store_url: str) -> None:
    photos = [photo_of(1), HEAP]
    with serving(paint_detector(), database_url=store_url) as client:
        report = sent(client, *photos, **FIELDS)
        services = services_behind(client)
        with services.store.read() as connection:
            row = connection.execute(select(reports)).mappings().one()
            media = connection.execute(select(report_media).order_by(report_media.c.n)).mappings().all()
            events = connection.execute(select(report_events).order_by(report_events.c.seq)).mappings().all()
        assert (row["id"], row["source"], row["text"]) == (report["id"], "anonymous", FIELDS["text"])
        assert [one["sha256"] for one in media] == [hashlib.sha256(photo).hexdigest() for photo in photos]
        assert [services.blobs.get(one["sha256"]) for one in media] == photos
        assert all(services.blobs.get(one["preview_sha256"]) for one in media)
        assert [(one["action"], one["actor"]) for one in events] == [("receive", "anonymous"), ("prefill", "system")]
        assert events[1]["before"]["state"] == "received"
        assert events[1]["after"]["category"] == report["category"]
        assert (events[1]["model_version"], events[1]["policy"]) == (report["model"]["version"], report["policy"])
        assert all(one["request_id"] for one in events)


def test_an_empty_field_counts_as_none(client: TestClient) -> None:
    report = sent(client, latitude="", longitude="", address=" ", reporter="", external_id="", text="")
    assert {report[name] for name in FIELDS if name != "text"} == {None}


@pytest.mark.parametrize(
    ("fields", "status", "code", "named"),
    [
        pytest.param({"latitude": 31}, 422, "field_invalid", "longitude", id="half a place"),
        pytest.param({"longitude": 31}, 422, "field_invalid", "latitude", id="the other half"),
        pytest.param({"latitude": 90.1, "longitude": 0}, 422, "field_invalid", "latitude", id="beyond the pole"),
        pytest.param({"latitude": 0, "longitude": -181}, 422, "field_invalid", "longitude", id="beyond the date line"),
        pytest.param({"latitude": "nan", "longitude": 0}, 422, "field_invalid", "latitude", id="no number"),
        pytest.param({"latitude": "31,2", "longitude": 0}, 422, "field_invalid", "latitude", id="a comma"),
        pytest.param({"lat": 31}, 422, "field_unknown", "lat", id="a typo"),
        pytest.param({"min_confidence": 0.5}, 422, "field_unknown", "min_confidence", id="a field of classify"),
        pytest.param({"text": "字" * 2001}, 413, "text_too_long", "text", id="long text"),
        pytest.param({"address": "字" * 301}, 413, "text_too_long", "address", id="long address"),
        pytest.param({"reporter": "字" * 201}, 413, "text_too_long", "reporter", id="long reporter"),
        pytest.param({"external_id": "7" * 201}, 413, "text_too_long", "external_id", id="long external id"),
        pytest.param({"text": "a\0b"}, 422, "field_invalid", "text", id="a character that databases refuse"),
    ],
)
def test_bad_fields_are_refused(client: TestClient, fields: dict[str, Any], status: int, code: str, named: str) -> None:
    assert named in problem_of(send(client, **fields), status, code).detail


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"latitude": "31", "longitude": 1}, "field_invalid", id="a number as text"),
        pytest.param({"latitude": 91, "longitude": 1}, "field_invalid", id="out of range"),
        pytest.param({"external_id": 7}, "field_invalid", id="text as a number"),
        pytest.param({"lat": 31}, "field_unknown", id="a typo"),
    ],
)
def test_bad_fields_in_json_are_refused(client: TestClient, body: dict[str, Any], code: str) -> None:
    media = [{"data": base64.b64encode(photo_of(1)).decode()}]
    problem_of(client.post(REPORTS, json={"media": media, **body}), 422, code)


@pytest.mark.parametrize(
    ("photos", "status", "code", "index"),
    [
        pytest.param([photo_of(1), photo_of(2)[:200]], 422, "image_broken", 1, id="a broken one"),
        pytest.param([b"GIF89a", photo_of(1)], 415, "image_format_unsupported", 0, id="another format"),
        pytest.param([photo_of(1)] * 9, 413, "too_many_files", None, id="too many"),
    ],
)
def test_bad_photos_are_refused_as_by_classify(
    client: TestClient, photos: list[bytes], status: int, code: str, index: int | None
) -> None:
    before = count(client)
    assert problem_of(send(client, *photos), status, code).media_index == index
    assert count(client) == before


def count(client: TestClient) -> int:
    with services_behind(client).store.read() as connection:
        return connection.scalar(select(func.count()).select_from(reports)) or 0


def test_no_photo_is_refused(client: TestClient) -> None:
    problem_of(client.post(REPORTS, files={"text": (None, "a")}), 422, "no_file")


def test_confident_reports_are_drawn_for_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    lots = iter([0.04, 0.06])
    with serving(authenticate=authenticate_by_header, draw=lambda: next(lots), audit_share=0.05) as client:
        classifier = services_behind(client).slot.model.classifier
        unsure = classifier.classify

        def be_sure(*photos: Any, **rest: Any) -> Classification:  # noqa: ANN401 - as the classifier's
            answer = unsure(*photos, **rest)
            sure = answer.prefill.model_copy(update={"needs_human": False, "confidence": 0.9})
            return answer.model_copy(update={"prefill": sure})

        monkeypatch.setattr(classifier, "classify", be_sure)
        audited = [sent(client, headers=headers_of("li"))["audit"] for _ in range(2)]
        monkeypatch.undo()
        doubtful = sent(client, headers=headers_of("li"))  # no lot is drawn for it
    assert audited == [True, False]
    assert (doubtful["needs_human"], doubtful["audit"]) == (True, False)


def test_without_a_model_nothing_is_lost(client: TestClient) -> None:
    services = services_behind(client)
    state, services.slot._state = services.slot._state, None
    try:
        report = sent(client, HEAP, photo_of(2), text="井盖")
    finally:
        services.slot._state = state
    assert (report["state"], report["prefill"], report["model"], report["category"]) == ("received", None, None, None)
    assert (report["needs_human"], report["version"]) == (True, 1)
    assert [media["detections"] for media in report["media"]] == [[], []]
    with services.store.read() as connection:
        row = connection.execute(select(reports).where(reports.c.id == report["id"])).mappings().one()
    assert (row["urgency_rank"], row["doubt"]) == (2, 1.0)


def test_without_a_model_broken_photos_are_refused_all_the_same(client: TestClient) -> None:
    services = services_behind(client)
    state, services.slot._state = services.slot._state, InferenceError()
    try:
        problem_of(send(client, photo_of(1)[:300]), 422, "image_broken")
    finally:
        services.slot._state = state


def test_a_model_that_fails_loses_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InferenceError("no")

    monkeypatch.setattr(services_behind(client).slot.model.classifier, "classify", fail)
    assert sent(client)["state"] == "received"


def test_a_place_comes_from_the_photo_only_where_the_operator_wants_it() -> None:
    photo = pictures.jpeg(exif=exif_at(31.5, -121.25))
    for wanted, fields, place in (
        (True, {}, (31.5, -121.25)),
        (True, {"latitude": 1, "longitude": 2}, (1, 2)),
        (False, {}, (None, None)),
    ):
        with serving(read_exif_place=wanted) as client:
            report = sent(client, photo_of(1), photo, **fields)
            assert (report["latitude"], report["longitude"]) == place


def test_reports_are_counted(client: TestClient) -> None:
    sent(client, text="电梯坏了，有人被困")
    text = client.get("/metrics").text
    assert 'hazardlens_reports_total{category="elevator_fault",' in text
    assert "hazardlens_report_store_seconds_count" in text


def test_who_may_not_report_is_refused() -> None:
    async def nobody(_: object) -> Principal:
        return Principal("key", "k", "reader", frozenset({Action.READ_REPORTS}))

    with serving(authenticate=nobody) as client:
        problem_of(send(client), 403, "forbidden")
        problem_of(client.post(CLASSIFY, files={"file": photo_of(1)}), 403, "forbidden")


def test_ids_sort_by_time() -> None:
    clock = Clock()
    with serving(now=clock) as client:
        ids = []
        for seed in range(3):
            clock.move(seconds=1)
            ids.append(sent(client, photo_of(seed))["id"])
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {32}
