"""What every detector promises, the scripted one and the real one alike: tests above this seam may trust the fake."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hazardlens.model.detections import Detections
from hazardlens.model.detector import Detector, ModelInfo, OnnxDetector, ScriptedDetector
from hazardlens.model.images import Photo, decode_photo
from hazardlens.model.postprocess import OutputForm
from hazardlens.model.taxonomy import Category
from support import pictures
from support.tiny_bundle import TINY_LABELS, TINY_SIZE_PX, make_tiny_bundle

TWO_BOXES = (("manhole_open", 0.8, (0.4, 0.4, 0.6, 0.6)), ("stacked_clutter", 0.9, (0.25, 0.375, 0.75, 0.625)))


def _real(path: Path, form: OutputForm) -> Detector:
    return OnnxDetector(make_tiny_bundle(path / "bundle", boxes=TWO_BOXES, form=form))


def _scripted(path: Path) -> Detector:
    bundle = make_tiny_bundle(path / "bundle", boxes=TWO_BOXES)
    real = OnnxDetector(bundle)
    return ScriptedDetector(lambda photo: real.detect([photo])[0], info=real.info, input_size_px=TINY_SIZE_PX)


MAKERS: dict[str, Callable[[Path], Detector]] = {
    "ONNX, anchors": lambda path: _real(path, OutputForm.ANCHORS),
    "ONNX, end to end": lambda path: _real(path, OutputForm.END_TO_END),
    "scripted": _scripted,
}


@pytest.fixture(params=MAKERS.values(), ids=list(MAKERS))
def detector(request: pytest.FixtureRequest, tmp_path: Path) -> Detector:
    make: Callable[[Path], Detector] = request.param
    return make(tmp_path)


def photo_of(width: int, height: int) -> Photo:
    return Photo(np.zeros((height, width, 3), np.uint8), width, height, "png")


def test_it_says_what_it_is(detector: Detector) -> None:
    assert isinstance(detector.info, ModelInfo)
    assert (detector.name, detector.version) == (detector.info.name, detector.info.version) == ("tiny", "0.1")
    assert detector.labels == tuple(label.name for label in detector.info.labels) == TINY_LABELS
    assert detector.input_size_px == TINY_SIZE_PX
    assert detector.info.view.labels[0].hazard is Category.STACKED_CLUTTER


def test_no_photos_are_no_answers(detector: Detector) -> None:
    assert detector.detect([]) == []


def test_one_answer_per_photo_in_order_and_in_its_own_frame(detector: Detector) -> None:
    answers = detector.detect([photo_of(640, 640), photo_of(640, 320), photo_of(160, 320)])

    boxes = [answer.boxes_xyxy[0].tolist() for answer in answers]
    assert boxes == [
        pytest.approx([160, 240, 480, 400]),
        pytest.approx([160, 80, 480, 240]),
        pytest.approx([0, 120, 160, 200]),
    ]


def test_answers_are_detections_best_first_with_the_detectors_labels(detector: Detector) -> None:
    (answer,) = detector.detect([photo_of(64, 64)])

    assert isinstance(answer, Detections)
    assert answer.labels == detector.labels
    assert [found.label for found in answer] == ["stacked_clutter", "manhole_open"]
    assert answer.confidences.tolist() == pytest.approx([0.9, 0.8])


def test_a_reduced_photo_gets_boxes_in_the_frame_of_its_original(detector: Detector) -> None:
    data = pictures.jpeg(1024, 1024)
    full, reduced = decode_photo(data), decode_photo(data, min_side_px=detector.input_size_px)
    assert reduced.pixels.shape[0] == 128

    from_full, from_reduced = detector.detect([full, reduced])

    assert from_reduced.boxes_xyxy == pytest.approx(from_full.boxes_xyxy)
    assert from_reduced.boxes_xyxy[0].tolist() == pytest.approx([256, 384, 768, 640])


def test_photos_stay_as_they_are(detector: Detector) -> None:
    photo = decode_photo(pictures.jpeg())
    before = photo.pixels.copy()

    detector.detect([photo, photo])

    assert np.array_equal(photo.pixels, before)


def test_one_instance_serves_eight_threads(detector: Detector) -> None:
    photos = [photo_of(64 * side, 64) for side in range(1, 9)]
    alone = [detector.detect([photo])[0] for photo in photos]

    with ThreadPoolExecutor(8) as pool:
        rounds = [list(pool.map(lambda photo: detector.detect([photo])[0], photos)) for _ in range(20)]

    for together in rounds:
        for expected, found in zip(alone, together, strict=True):
            assert np.array_equal(expected.boxes_xyxy, found.boxes_xyxy)
            assert np.array_equal(expected.confidences, found.confidences)
