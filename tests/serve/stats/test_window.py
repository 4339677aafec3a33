"""Days as people ask for them."""

from datetime import UTC, date, datetime

import pytest

from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.stats.window import Window, monday_of, read_window

NOW = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)  # the fifth, in China


@pytest.mark.parametrize(
    ("first", "last", "offset", "expected"),
    [
        pytest.param(None, None, None, Window(date(2026, 2, 5), date(2026, 3, 4)), id="four weeks up to today"),
        pytest.param(None, None, "480", Window(date(2026, 2, 6), date(2026, 3, 5), 480), id="today is elsewhere"),
        pytest.param("2026-01-01", "2026-01-01", "0", Window(date(2026, 1, 1), date(2026, 1, 1)), id="one day"),
        pytest.param("2026-03-01", None, None, Window(date(2026, 3, 1), date(2026, 3, 4)), id="since a day"),
    ],
)
def test_a_window_is_read(first: str | None, last: str | None, offset: str | None, expected: Window) -> None:
    assert read_window(first, last, offset, now=NOW) == expected


@pytest.mark.parametrize(
    ("first", "last", "offset", "names"),
    [
        pytest.param("yesterday", None, None, "from", id="no day"),
        pytest.param(None, "2026-02-30", None, "to", id="a day that no month has"),
        pytest.param("2026-03-02", "2026-03-01", None, "after", id="the wrong way round"),
        pytest.param("2000-01-01", "2026-01-01", None, "at most", id="too many days"),
        pytest.param("0001-01-01", "0001-01-02", "480", "counted", id="before all time"),
        pytest.param("9999-12-31", "9999-12-31", None, "counted", id="after all time"),
        pytest.param(None, "0001-01-02", None, "counted", id="four weeks before the second day"),
        pytest.param(None, None, "far", "utc_offset_min", id="no offset"),
        pytest.param(None, None, "900", "utc_offset_min", id="an offset no clock has"),
    ],
)
def test_what_is_no_window_is_refused_by_name(
    first: str | None, last: str | None, offset: str | None, names: str
) -> None:
    with pytest.raises(FieldInvalidError, match=names):
        read_window(first, last, offset, now=NOW)


def test_a_day_begins_when_the_clocks_of_the_place_say_so() -> None:
    window = Window(date(2026, 3, 5), date(2026, 3, 5), 480)
    assert window.start == datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
    assert window.end == datetime(2026, 3, 5, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-05", "2026-03-08"])
def test_a_week_is_named_by_its_monday(day: str) -> None:
    assert monday_of(day) == "2026-03-02"
