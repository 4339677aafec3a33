from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import insert

from hazardlens.serve.reports.duplicates import (
    DuplicateRules,
    Link,
    Traits,
    _candidate_queries,
    compare,
    find_duplicates,
    haversine_m,
    sent_as,
)
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.likeness import bands_of
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.media_tables import photo_bands
from hazardlens.serve.store.tables import report_media, reports
from support.intake import START

RULES: Final = DuplicateRules(window_s=3600, distance_m=100, bits=10, placeless_bits=3)
HERE: Final = (31.2304, 121.4737)
NEAR: Final = (31.2311, 121.4737)  # 78 m
FAR: Final = (31.2504, 121.4737)  # 2.2 km
LOOK: Final = "0f1e2d3c4b5a6978"


def flipped(bits: int) -> str:
    return f"{int(LOOK, 16) ^ (2**bits - 1):016x}"


def traits(
    name: str,
    *,
    place: tuple[float, float] | None = HERE,
    minutes: float = 0,
    sha256: str | None = None,
    look: str | None = LOOK,
    number: tuple[str, str] | None = None,
) -> Traits:
    looks = () if look is None else (look,)
    return Traits(name, START - timedelta(minutes=minutes), place, number, frozenset({sha256 or name}), looks)


@dataclass(frozen=True)
class Case:
    name: str
    other: dict[str, Any]
    linked: bool
    mine: dict[str, Any] | None = None


CASES = [
    Case("alike, near and soon after", {"place": NEAR, "look": flipped(10), "minutes": 60}, linked=True),
    Case("not quite alike", {"place": NEAR, "look": flipped(11)}, linked=False),
    Case("alike, but far away", {"place": FAR}, linked=False),
    Case("alike and near, but long ago", {"minutes": 61}, linked=False),
    Case("alike, with no place", {"place": None, "look": flipped(3)}, linked=True),
    Case("less alike, with no place", {"place": None, "look": flipped(4)}, linked=False),
    Case("neither has a place", {"place": None, "look": flipped(3)}, linked=True, mine={"place": None}),
    Case("the same file, far away and long ago", {"sha256": "a", "place": FAR, "minutes": 9000}, linked=True),
    Case("near, but of one tone", {"look": None}, linked=False),
    Case("the same number, else nothing in common", {"number": ("key:a", "7"), "look": None}, linked=True),
    Case("the same number of another sender", {"number": ("key:b", "7"), "look": None}, linked=False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_a_likely_duplicate(case: Case) -> None:
    mine = traits("new", **{"sha256": "a", "number": ("key:a", "7"), **(case.mine or {})})
    assert (compare(mine, traits("old", **case.other), RULES) is not None) == case.linked


def test_a_link_says_why() -> None:
    old = traits("old", place=NEAR, look=flipped(5), minutes=2)
    link = compare(traits("new"), old, RULES)
    assert link is not None
    assert link == Link("old", same_photo=False, hash_distance=5, distance_m=link.distance_m, apart_s=120)
    assert link.distance_m == pytest.approx(77.8, abs=0.1)


@pytest.mark.parametrize(
    ("one", "two", "metres"),
    [
        pytest.param((0.0, 0.0), (0.0, 0.0), 0, id="the same place"),
        pytest.param((0.0, 0.0), (0.0, 1.0), 111_195, id="a degree of the equator"),
        pytest.param((60.0, 0.0), (60.0, 1.0), 55_597, id="half of that further north"),
        pytest.param((0.0, 179.9995), (0.0, -179.9995), 111, id="over the date line"),
        pytest.param((90.0, 0.0), (-90.0, 0.0), 20_015_115, id="pole to pole"),
    ],
)
def test_metres(one: tuple[float, float], two: tuple[float, float], metres: float) -> None:
    assert haversine_m(one, two) == pytest.approx(metres, abs=1)
    assert haversine_m(two, one) == haversine_m(one, two)


def test_numbers_of_the_anonymous_say_nothing() -> None:
    assert sent_as("anonymous", "1") is None
    assert sent_as("key:a", None) is None
    assert sent_as("key:a", "1") == ("key:a", "1")


def put(store: Store, *known: Traits) -> None:
    """Store just what duplicates are told by."""
    with store.write() as connection:
        for one in known:
            source, number = one.sent_as or ("anonymous", None)
            latitude, longitude = one.place or (None, None)
            connection.execute(
                insert(reports).values(
                    id=one.id,
                    created_at=one.created_at,
                    updated_at=one.created_at,
                    version=1,
                    state="prefilled",
                    text="",
                    latitude=latitude,
                    longitude=longitude,
                    source=source,
                    external_id=number,
                    urgency_rank=0,
                    needs_human=False,
                    doubt=0,
                    audit=False,
                    second_review="none",
                )
            )
            (sha256,) = one.sha256s
            look = one.looks[0] if one.looks else None
            photo = {"report_id": one.id, "n": 0, "sha256": sha256, "phash": look, "preview_sha256": sha256}
            kind = {"name": "a.jpg", "media_type": "image/jpeg", "size_bytes": 1, "width": 1, "height": 1}
            connection.execute(insert(report_media).values(**photo, **kind, detections=[]))
            for band in bands_of(look) if look else ():
                connection.execute(insert(photo_bands).values(band=band, report_id=one.id, n=0, phash=look))


def found_by(store: Store, newcomer: Traits) -> set[str]:
    with store.read() as connection:
        return {link.other_id for link in find_duplicates(connection, newcomer, RULES)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_search_finds_what_the_comparison_would_link(store: Store, case: Case) -> None:
    mine = traits("new", **{"sha256": "a", "number": ("key:a", "7"), **(case.mine or {})})
    at = START - timedelta(minutes=case.other.get("minutes", 0))
    old = traits(new_report_id(at), **{"sha256": "b", **case.other})
    strangers = [
        traits(new_report_id(START), place=FAR, look=f"{seed:04x}" * 4, sha256=f"s{seed}") for seed in (7, 77, 777)
    ]
    put(store, old, *strangers)
    assert found_by(store, mine) == ({old.id} if case.linked else set())


def test_a_report_is_no_duplicate_of_itself(store: Store) -> None:
    one = traits(new_report_id(START), number=("key:a", "7"))
    put(store, one)
    assert found_by(store, one) == set()


def test_places_on_both_sides_of_the_date_line_are_near(store: Store) -> None:
    old = traits(new_report_id(START), place=(0.0, 179.9998))
    put(store, old)
    assert found_by(store, traits("new", place=(0.0, -179.9998))) == {old.id}


def test_a_place_at_the_pole_is_searched_too(store: Store) -> None:
    old = traits(new_report_id(START), place=(89.9999, 120.0))
    put(store, old)
    assert found_by(store, traits("new", place=(89.9999, -60.0))) == {old.id}


def test_candidates_come_from_indexes_alone(tmp_path: Any) -> None:  # noqa: ANN401 - pathlib's
    store = Store(f"sqlite:///{tmp_path / 'plan.sqlite3'}")
    store.migrate()
    with store.read() as connection:
        for query in _candidate_queries(traits("new", number=("key:a", "7")), RULES):
            statement = query.limit(5).compile(connection.engine, compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
            assert any("INDEX ix_" in step for step in plan), plan
            assert not any("SCAN" in step or "created_at" in step.split("(")[0] for step in plan), plan
    store.close()
