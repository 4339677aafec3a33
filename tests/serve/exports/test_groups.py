"""What belongs together, by whatever way, is in one group on every database."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert

from hazardlens.serve.exports.groups import read_groups, rounded_place
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_links, report_media, reports
from support.rows import NOON, values_for

HERE = (31.2304, 121.4737)
NEAR = (31.2296, 121.4743)
FAR = (31.5, 121.4737)
Row = tuple[str, tuple[float, float] | None, str]


def _fill(store: Store, rows: Sequence[Row], links: Sequence[tuple[str, str]] = ()) -> None:
    with store.write() as connection:
        for name, place, photo in rows:
            where: dict[str, Any] = {"latitude": None, "longitude": None}
            if place is not None:
                where = {"latitude": place[0], "longitude": place[1]}
            connection.execute(insert(reports).values(values_for(reports, id=_id(name), **where)))
            media = values_for(report_media, report_id=_id(name), n=0, sha256=photo * 64, detections=[])
            connection.execute(insert(report_media).values(media))
        for one, other in links:
            link = values_for(report_links, report_id=_id(one), other_id=_id(other), at=NOON)
            connection.execute(insert(report_links).values(link))


def _id(name: str) -> str:
    return name * 32


def _groups(store: Store) -> dict[str, str]:
    with store.read() as connection:
        return {name[0]: group for name, group in read_groups(connection).items() if not name.startswith("place/")}


CASES: dict[str, tuple[Sequence[Row], Sequence[tuple[str, str]], list[set[str]]]] = {
    "alone": ([("a", None, "1"), ("b", None, "2")], [], []),
    "one place": ([("a", HERE, "1"), ("b", NEAR, "2"), ("c", FAR, "3")], [], [{"a", "b"}, {"c"}]),
    "duplicates": ([("a", None, "1"), ("b", None, "2"), ("c", None, "3")], [("b", "a")], [{"a", "b"}]),
    "the same photo": ([("a", None, "1"), ("b", FAR, "2"), ("c", None, "1")], [], [{"a", "c"}, {"b"}]),
    "by way of a third": (
        [("a", HERE, "1"), ("b", None, "2"), ("c", None, "2"), ("d", FAR, "3")],
        [("c", "d")],
        [{"b", "c", "d"}, {"a"}],
    ),
    "two places of one duplicate": ([("a", HERE, "1"), ("b", FAR, "2")], [("b", "a")], [{"a", "b"}]),
}


@pytest.mark.parametrize(("rows", "links", "expected"), CASES.values(), ids=CASES)
def test_together(
    store: Store, rows: Sequence[Row], links: Sequence[tuple[str, str]], expected: list[set[str]]
) -> None:
    _fill(store, rows, links)
    groups = _groups(store)
    found = [{name for name, group in groups.items() if group == wanted} for wanted in set(groups.values())]
    assert sorted(found, key=sorted) == sorted(expected, key=sorted)


def test_a_group_is_named_by_its_place_or_else_by_its_first_report(store: Store) -> None:
    _fill(store, [("a", HERE, "1"), ("b", None, "1"), ("c", None, "3"), ("d", None, "3")])
    assert _groups(store) == {
        "a": "place/31.230,121.474",
        "b": "place/31.230,121.474",
        "c": f"cluster/{_id('c')}",
        "d": f"cluster/{_id('c')}",
    }


@pytest.mark.parametrize(
    ("place", "expected"),
    [((31.23049, 121.4737), (31.23, 121.474)), ((-0.0001, 0.0), (0.0, 0.0)), ((None, 121.0), None)],
)
def test_a_place_is_rounded(place: tuple[float | None, float | None], expected: tuple[float, float] | None) -> None:
    found = rounded_place(*place)
    assert (None if found is None else (found.latitude, found.longitude)) == expected
    assert "-0.0" not in str(found)
