"""A hazard that is in view for one second of two minutes, from file to answer: decoder, choice, model, tracks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from starlette.testclient import TestClient

from hazardlens.model.bundle import SHIPPED_BUNDLE, read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo
from support.filming import Film
from support.serving import CLASSIFY, serving
from support.video_files import Recipe, make_clip

RENDERED: Final = Path(__file__).parents[3] / "datasets" / "rendered"
HARMLESS: Final = RENDERED / "exits" / "photos" / "exits-1-00004-00.jpg"
HAZARDS: Final = [
    RENDERED / "covers" / "photos" / "covers-1-00010-00.jpg",
    RENDERED / "covers" / "photos" / "covers-1-00012-00.jpg",
    RENDERED / "cables" / "photos" / "cables-1-00003-00.jpg",
    RENDERED / "cables" / "photos" / "cables-1-00004-00.jpg",
]
FROM_S: Final = 77.3


@pytest.fixture(scope="module")
def detector() -> OnnxDetector:
    return OnnxDetector(read_bundle(SHIPPED_BUNDLE))


@pytest.fixture(scope="module")
def client(detector: OnnxDetector) -> Iterator[TestClient]:
    with serving(detector) as client:
        yield client


def film_of(hazard: Path, *, in_hand: bool) -> Film:
    return Film(HARMLESS, hazard, seconds=120, from_s=FROM_S, for_s=1, in_hand=in_hand)


def surest(detector: OnnxDetector) -> tuple[Path, str, float]:
    """The hazard that the model that ships, whichever it is, is surest of on one frame."""
    seen = []
    for path in HAZARDS:
        film = film_of(path, in_hand=False)
        (found,) = detector.detect([Photo(film[round((FROM_S + 0.5) * film.fps)], *film.size_wh, "video")])
        seen += [(path, one.label, one.confidence) for one in found if one.label.startswith(("manhole", "dangling"))]
    return max(seen, key=lambda one: one[2])


@pytest.mark.slow
@pytest.mark.parametrize("in_hand", [False, True], ids=["on a tripod", "in a hand"])
def test_it_is_found_with_its_time(client: TestClient, detector: OnnxDetector, in_hand: bool) -> None:
    """About ten seconds of the processor each: 1,560 frames made, coded and decoded, and up to 200 looks."""
    path, label, confidence = surest(detector)
    film = film_of(path, in_hand=in_hand)
    recipe = Recipe(size_wh=film.size_wh, count=len(film), fps=film.fps, key_gap=film.fps, pictures=film)
    response = client.post(CLASSIFY, files={"file": ("yard.mp4", make_clip(recipe))})
    assert response.status_code == 200, response.text
    answer = response.json()
    (clip,) = answer["media"]
    found = max((one for one in clip["detections"] if one["label"] == label), key=lambda one: one["confidence"])
    assert FROM_S <= found["from_s"] < FROM_S + 0.5
    assert FROM_S + 0.5 < found["until_s"] < FROM_S + 1
    assert found["confidence"] > 0.8 * confidence
    assert answer["prefill"]["category"] == found["hazard"]
    (told,) = [reason for reason in answer["prefill"]["reasons"] if reason["code"] == "seen_in_clip"]
    assert "from 1:17." in told["en"]
