"""A report that comes in is linked to earlier ones like it, and only those who may see them are told."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from support.intake import FIELDS, REPORTS, as_jpeg, photo_of, scene, sent
from support.painted import paint_detector
from support.people import authenticate_by_header, headers_of
from support.serving import serving


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(paint_detector(), authenticate=authenticate_by_header) as client:
        yield client


def test_sent_twice_without_a_key_is_linked_and_kept(client: TestClient) -> None:
    headers = headers_of("hotline")
    first, second = (sent(client, photo_of(50), headers=headers, **FIELDS) for _ in range(2))
    assert first["id"] != second["id"]
    link = next(one for one in second["duplicates"] if one["id"] == first["id"])
    assert (link["same_photo"], link["hash_distance"], link["distance_m"]) == (True, 0, 0)
    assert link["preview"] == first["media"][0]["urls"]["preview"]
    mirrored = client.get(first["id"].join((f"{REPORTS}/", "")), headers=headers).json()["duplicates"]
    assert second["id"] in [one["id"] for one in mirrored]


def test_the_closest_duplicates_come_first(store_url: str) -> None:
    near, nearer = as_jpeg(scene(5).crop((4, 3, 316, 237))), photo_of(5, quality=80)
    with serving(authenticate=authenticate_by_header, database_url=store_url) as client:
        ids = [sent(client, photo, **FIELDS)["id"] for photo in (near, nearer, photo_of(5), photo_of(6))]
        report = sent(client, photo_of(5), headers=headers_of("li"), **FIELDS)
    found = [(one["id"], one["same_photo"]) for one in report["duplicates"]]
    assert found == [(ids[2], True), (ids[1], False), (ids[0], False)]
    bits = [one["hash_distance"] for one in report["duplicates"]]
    assert bits == sorted(bits)


def test_an_external_id_seen_before_is_linked(client: TestClient) -> None:
    first = sent(client, photo_of(60), headers=headers_of("platform"), external_id="77")
    second = sent(client, photo_of(61), headers=headers_of("platform"), external_id="77")
    assert [(one["id"], one["same_photo"]) for one in second["duplicates"]] == [(first["id"], False)]
    assert sent(client, photo_of(62), headers=headers_of("other"), external_id="77")["duplicates"] == []


def test_the_anonymous_learn_nothing_of_others(client: TestClient) -> None:
    sent(client, photo_of(70), **FIELDS)
    report = sent(client, photo_of(70), **FIELDS)
    assert report["duplicates"] == []
    seen = client.get(f"{REPORTS}/{report['id']}", headers=headers_of("li")).json()
    assert len(seen["duplicates"]) == 1


def test_an_intake_system_sees_duplicates_of_its_own_only() -> None:
    async def authenticate(request: Any) -> Principal:  # noqa: ANN401 - starlette's request
        name = request.headers["X-Key"]
        return Principal("key", name, name, frozenset({Action.REPORT}), group="couriers")

    with serving(authenticate=authenticate) as client:
        first, _, third = (sent(client, headers={"X-Key": name}) for name in ("a", "b", "a"))
        assert [one["id"] for one in third["duplicates"]] == [first["id"]]
        assert third["reporter_group"] == "couriers"
