"""False alarms by kind of harmless photo, on hand-made photos."""

from collections.abc import Sequence

import pytest

from hazardlens.training.measuring.alarms import HarmlessKind, alarm_figures, harmless_kind
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, subjects
from support.judged_photos import HERE, LABELS, clutter, photo, seen


def hazards(threshold: float = 0.5) -> list[Subject]:
    from hazardlens.training.measuring.candidates import label_hazards

    rows = subjects(dict.fromkeys(LABELS, threshold), label_hazards(LABELS))
    return [row for row in rows if row.kind == "hazard"]


def everyday(name: str, score: float) -> JudgedPhoto:
    return photo(name, [], [seen(score, HERE)], source="everyday")


def counts(photos: Sequence[JudgedPhoto]) -> dict[HarmlessKind | None, tuple[int, int]]:
    return {row.kind: (row.photos, row.alarms) for row in alarm_figures(photos, hazards(), resamples=0)}


@pytest.mark.parametrize(
    ("judged", "kind"),
    [
        (photo("a", source="everyday"), HarmlessKind.EVERYDAY),
        (photo("a", [("exit_door", HERE)], source="everyday"), HarmlessKind.EVERYDAY),
        (photo("a", source="coco2"), HarmlessKind.TIDY_KITCHEN),
        (photo("a", source="bugfire-uci"), HarmlessKind.CLEAR_EXIT),
        (photo("a", [("exit_door", HERE)]), HarmlessKind.CLEAR_EXIT),
        (photo("a", [("manhole_ok", HERE), ("bicycle_parked", HERE)]), HarmlessKind.FLUSH_COVER),
        (photo("a", [("cable_ok", HERE)]), HarmlessKind.TAUT_CABLE),
        (photo("a", [("bicycle_parked", HERE)]), HarmlessKind.PARKED_BICYCLE),
        (photo("a"), HarmlessKind.OTHER),
    ],
)
def test_each_photo_has_one_kind(judged: JudgedPhoto, kind: HarmlessKind) -> None:
    assert harmless_kind(judged) is kind


def test_alarms_are_counted_by_kind_at_the_models_thresholds() -> None:
    photos = [
        everyday("e1", 0.9),
        everyday("e2", 0.49),
        everyday("e3", 0.1),
        photo("d", [("exit_door", HERE)], [seen(0.6, HERE), ("exit_door", 0.9, HERE)]),
        photo("shown", [clutter(HERE)], [seen(0.9, HERE)]),
    ]
    assert counts(photos) == {
        None: (4, 2),
        HarmlessKind.EVERYDAY: (3, 1),
        HarmlessKind.CLEAR_EXIT: (1, 1),
    }


def test_a_blind_detector_raises_none() -> None:
    rows = alarm_figures([photo(str(number), source="everyday") for number in range(5)], hazards())
    assert [(row.alarms, row.per_100, row.interval) for row in rows] == [(0, 0.0, (0.0, 0.0))] * 2


def test_context_labels_raise_no_alarm() -> None:
    assert counts([photo("d", [("exit_door", HERE)], [("exit_door", 0.9, HERE)])])[None] == (1, 0)


def test_an_alarm_that_nobody_looked_for_is_unknown_not_false() -> None:
    found = [("kitchen_pest", 0.9, HERE)]
    partly = photo("p", [], found, looked_for=["stacked_clutter"])
    unsearched = photo("u", [], found, looked_for=["exit_door"])
    (row, _) = alarm_figures([partly, unsearched], hazards(), resamples=0)
    assert (row.photos, row.alarms, row.unknown) == (1, 0, 1)


def test_a_photo_that_names_two_hazards_is_one_alarm() -> None:
    both = photo("b", [], [seen(0.9, HERE), ("kitchen_pest", 0.9, HERE)])
    row, _ = alarm_figures([both], hazards(), resamples=0)
    assert (row.alarms, row.hazards) == (1, {"stacked_clutter": 1, "unhygienic_kitchen": 1})


def test_intervals_are_over_places() -> None:
    one_place = [photo(str(number), [], [seen(0.9, HERE)] * (number % 2), group="one") for number in range(10)]
    assert alarm_figures(one_place, hazards())[0].interval is None
    places = [photo(str(number), [], [seen(0.9, HERE)] * (number % 2)) for number in range(10)]
    low, high = alarm_figures(places, hazards())[0].interval or (0, 0)
    assert low < 50 < high


def test_without_photos_there_is_no_figure() -> None:
    (row,) = alarm_figures([], hazards())
    assert (row.photos, row.per_100, row.interval) == (0, None, None)
