"""The use case that endpoint and command line share: uploads and words in, the API's answer out."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ModelInfo, OnnxDetector, ScriptedDetector
from hazardlens.model.errors import ImageBrokenError, ImageFormatError, ImageTooLargeError, MediaError
from hazardlens.model.manifest import LabelEntry
from hazardlens.model.pipeline import Classification, Classifier, Upload
from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.policy import Policy, load_policy
from support import broken_pictures, huge_pictures, pictures
from support.tiny_bundle import make_tiny_bundle

LABELS = ("manhole_open", "stacked_clutter", "exit_door")
HAZARDS = (Category.RAISED_MANHOLE_COVER, Category.STACKED_CLUTTER, None)
THRESHOLDS = (0.5, 0.3, 0.6)
INFO = ModelInfo(
    "scripted",
    "7",
    tuple(
        LabelEntry(name=name, hazard=hazard, threshold=threshold, train_boxes=1, test_photos=1)
        for name, hazard, threshold in zip(LABELS, HAZARDS, THRESHOLDS, strict=True)
    ),
)
PHOTO = Upload("a.jpg", pictures.jpeg(400, 300))


def found(*rows: tuple[str, float, tuple[float, float, float, float]]) -> Detections:
    return Detections(
        np.asarray([row[2] for row in rows], np.float32).reshape(-1, 4),
        np.asarray([row[1] for row in rows], np.float32),
        np.asarray([LABELS.index(row[0]) for row in rows], np.int64),
        LABELS,
    )


OPEN = ("manhole_open", 0.93456, (81.4, 140.5, 163.49, 201.1))
WEAK = ("manhole_open", 0.4, (10, 10, 20, 20))
HEAP = ("stacked_clutter", 0.31, (10, 10, 20, 20))
DOOR = ("exit_door", 0.7, (200, 10, 300, 290))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


def classifier_of(policy: Policy, *answers: Detections, ticks: Iterator[float] | None = None) -> Classifier:
    clock = ticks or itertools.count(0.0, 0.0)
    return Classifier(ScriptedDetector(answers, info=INFO, input_size_px=64), policy, clock=lambda: next(clock))


def test_the_answer_is_the_documented_one(policy: Policy) -> None:
    classifier = classifier_of(policy, found(OPEN, DOOR))

    answer = json.loads(classifier.classify([PHOTO], request_id="abc").model_dump_json())

    prefill = answer.pop("prefill")
    assert answer == {
        "request_id": "abc",
        "model": {"name": "scripted", "version": "7"},
        "policy": policy.id,
        "media": [
            {
                "name": "a.jpg",
                "kind": "image",
                "width": 400,
                "height": 300,
                "detections": [
                    {
                        "label": "manhole_open",
                        "hazard": "raised_manhole_cover",
                        "confidence": 0.9346,
                        "box": {"x_min": 81, "y_min": 141, "x_max": 163, "y_max": 201},
                    },
                    {
                        "label": "exit_door",
                        "hazard": None,
                        "confidence": 0.7,
                        "box": {"x_min": 200, "y_min": 10, "x_max": 300, "y_max": 290},
                    },
                ],
            },
        ],
        "timing_ms": {"decode": 0.0, "inference": 0.0, "total": 0.0},
    }
    assert prefill["category"] == "raised_manhole_cover"
    assert prefill["urgency"] == "immediate"
    assert prefill.keys() == {
        "category",
        "urgency",
        "confidence",
        "needs_human",
        "route",
        "codes",
        "alternatives",
        "reasons",
    }


@pytest.mark.parametrize(
    ("min_confidence", "expected"),
    [
        pytest.param(None, ["manhole_open", "exit_door", "stacked_clutter"], id="each label's own threshold"),
        pytest.param(0.0, ["manhole_open", "exit_door", "manhole_open", "stacked_clutter"], id="everything"),
        pytest.param(0.5, ["manhole_open", "exit_door"], id="stricter"),
        pytest.param(0.93456, ["manhole_open"], id="just enough"),
        pytest.param(1.0, [], id="nothing is certain"),
    ],
)
def test_min_confidence_changes_the_list_and_never_the_decision(
    policy: Policy,
    min_confidence: float | None,
    expected: list[str],
) -> None:
    classifier = classifier_of(policy, found(OPEN, DOOR, WEAK, HEAP))

    answer = classifier.classify([PHOTO], min_confidence=min_confidence)

    assert [one.label for one in answer.media[0].detections] == expected
    assert answer.prefill == classifier.classify([PHOTO]).prefill


def test_words_join_the_decision(policy: Policy) -> None:
    classifier = classifier_of(policy, found())

    silent, told = (classifier.classify([PHOTO], text=text) for text in ("", "电梯坏了，有人被困"))

    assert silent.prefill.category is not Category.ELEVATOR_FAULT
    assert told.prefill.category is Category.ELEVATOR_FAULT
    assert told.media == silent.media


def test_all_photos_join_one_decision_and_are_listed_in_order(policy: Policy) -> None:
    classifier = classifier_of(policy, found(HEAP), found(OPEN))

    answer = classifier.classify([PHOTO, Upload("b.png", pictures.one_pixel())])

    assert [(one.name, one.width, len(one.detections)) for one in answer.media] == [("a.jpg", 400, 1), ("b.png", 1, 1)]
    assert answer.prefill.category is Category.RAISED_MANHOLE_COVER


def test_names_come_back_as_sent(policy: Policy) -> None:
    name = "../../照片 🕳️.jpg"

    assert classifier_of(policy, found()).classify([Upload(name, PHOTO.data)]).media[0].name == name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(broken_pictures.truncated_jpeg(), ImageBrokenError, id="truncated"),
        pytest.param(broken_pictures.gif(), ImageFormatError, id="GIF"),
        pytest.param(huge_pictures.png_bomb(), ImageTooLargeError, id="bomb"),
    ],
)
def test_a_bad_photo_is_named_with_its_place_and_reason(policy: Policy, data: bytes, reason: type[Exception]) -> None:
    with pytest.raises(MediaError, match=r"^bad\.jpg: ") as caught:
        classifier_of(policy, found()).classify([PHOTO, Upload("bad.jpg", data), PHOTO])

    assert (caught.value.index, caught.value.name) == (1, "bad.jpg")
    assert isinstance(caught.value.reason, reason)
    assert caught.value.__cause__ is caught.value.reason


def test_the_limit_on_pixels_is_the_callers(policy: Policy) -> None:
    classifier = Classifier(ScriptedDetector([]), policy, max_pixels=400 * 300 - 1)

    with pytest.raises(MediaError, match=r"a\.jpg: 400x300 is 0\.1 megapixels"):
        classifier.classify([PHOTO])


def test_photos_are_decoded_no_larger_than_the_model_needs(policy: Policy) -> None:
    detector = ScriptedDetector([], input_size_px=64)

    Classifier(detector, policy).classify([Upload("a.jpg", pictures.jpeg(1024, 512))])

    assert detector.photos[0].pixels.shape == (64, 128, 3)
    assert (detector.photos[0].width, detector.photos[0].height) == (1024, 512)


def test_times_are_summed_over_photos(policy: Policy) -> None:
    # Start; decoded and detected, twice; the end.
    ticks = iter([10.0, 10.010, 10.030, 10.070, 10.150, 10.2])

    timing = classifier_of(policy, found(), ticks=ticks).classify([PHOTO, PHOTO]).timing_ms

    assert (timing.decode, timing.inference, timing.total) == (50.0, 100.0, 200.0)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param((0.4, 0.6, 9.5, 9.4), (0, 1, 10, 9), id="nearest"),
        pytest.param((5.1, 2, 5.4, 8), (5, 2, 6, 8), id="a sliver keeps a pixel of width"),
        pytest.param((2, 5.6, 8, 5.9), (2, 5, 8, 6), id="and of height"),
        pytest.param((0, 0, 400, 300), (0, 0, 400, 300), id="the whole photo"),
    ],
)
def test_boxes_become_whole_pixels(
    policy: Policy,
    box: tuple[float, float, float, float],
    expected: tuple[int, int, int, int],
) -> None:
    answer = classifier_of(policy, found(("manhole_open", 0.9, box))).classify([PHOTO])

    listed = answer.media[0].detections[0].box
    assert (listed.x_min, listed.y_min, listed.x_max, listed.y_max) == expected


def test_the_real_thing_from_bytes_to_answer(policy: Policy, tmp_path: Path) -> None:
    detector = OnnxDetector(make_tiny_bundle(tmp_path / "bundle"))

    answer = Classifier(detector, policy).classify([Upload("a.heic", pictures.heic())], text="楼道里堆满杂物")

    assert answer.prefill.category is Category.STACKED_CLUTTER
    assert answer.media[0].detections[0].label == "stacked_clutter"
    assert answer.timing_ms.total >= 0


def test_the_schema_explains_itself_and_survives_json(policy: Policy) -> None:
    answer = classifier_of(policy, found(OPEN)).classify([PHOTO])
    schema = Classification.model_json_schema()

    assert Classification.model_validate_json(answer.model_dump_json()) == answer
    assert schema["$defs"]["DetectionResult"]["properties"]["confidence"]["examples"] == [0.93]
    assert all(part["description"] for part in schema["$defs"].values() if part["type"] == "object")
