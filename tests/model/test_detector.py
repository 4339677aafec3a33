"""The ONNX detector's own promises, and the scripted one's; what both promise is in tests/contract."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors  # pyright: ignore[reportAttributeAccessIssue]

from hazardlens.model import detector as detector_module
from hazardlens.model.bundle import read_bundle, write_bundle
from hazardlens.model.detections import Detections
from hazardlens.model.detector import ModelInfo, OnnxDetector, ScriptedDetector
from hazardlens.model.errors import BundleInvalidError, InferenceError
from hazardlens.model.images import Photo
from hazardlens.model.postprocess import OutputForm
from hazardlens.model.taxonomy import LABEL_HAZARDS
from support.tiny_bundle import (
    TINY_BOXES,
    TINY_LABELS,
    TINY_SIZE_PX,
    make_tiny_bundle,
    tiny_draft,
    tiny_onnx,
    tiny_output,
)

PHOTO = Photo(np.zeros((8, 8, 3), np.uint8), 8, 8, "png")
OUTPUT = tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX)


def load(path: Path, onnx_bytes: bytes, form: OutputForm = OutputForm.ANCHORS) -> OnnxDetector:
    return OnnxDetector(write_bundle(path / "bundle", onnx_bytes=onnx_bytes, card="# x", draft=tiny_draft(form=form)))


@pytest.mark.parametrize(
    ("onnx_bytes", "message"),
    [
        pytest.param(
            tiny_onnx(OUTPUT, input_shape=[1, 3, 32, 32]),
            r"input: expected float32 \(1, 3, 64, 64\), found tensor\(float\) \(1, 3, 32, 32\)",
            id="another input size",
        ),
        pytest.param(tiny_onnx(OUTPUT, input_shape=[1, 64, 64, 3]), "input: expected", id="channels last"),
        pytest.param(tiny_onnx(OUTPUT, input_shape=[3, 64, 64]), "input: expected", id="no batch"),
        pytest.param(
            tiny_onnx(tiny_output((*TINY_LABELS, "more"), TINY_BOXES, TINY_SIZE_PX)),
            r"output: expected float32 \(1, 7, None\), found tensor\(float\) \(1, 8, 32\)",
            id="a label too many",
        ),
        pytest.param(
            tiny_onnx(tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX, OutputForm.END_TO_END)),
            "output: expected",
            id="another output form",
        ),
    ],
)
def test_a_graph_that_does_not_fit_its_manifest_is_refused(tmp_path: Path, onnx_bytes: bytes, message: str) -> None:
    with pytest.raises(BundleInvalidError, match=message):
        load(tmp_path, onnx_bytes)


@pytest.mark.parametrize("shape", [["batch", 3, "height", "width"], [1, 3, "s", "s"]])
def test_open_axes_fit_every_manifest(tmp_path: Path, shape: list[int | str]) -> None:
    detector = load(tmp_path, tiny_onnx(OUTPUT, input_shape=shape))
    detector.warm_up()

    assert len(detector.detect([PHOTO])[0]) == 1


def test_a_graph_that_the_runtime_refuses_is_an_invalid_bundle(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    broken = replace(bundle, onnx_bytes=bundle.onnx_bytes.replace(b"ReduceMean", b"ReduceMeal"))

    with pytest.raises(BundleInvalidError, match=r"^model\.onnx: the runtime refuses it: .*ReduceMeal") as caught:
        OnnxDetector(broken)

    assert "\n" not in str(caught.value)


def test_all_errors_of_the_runtime_are_known() -> None:
    raised = {error for error in vars(ort_errors).values() if isinstance(error, type) and issubclass(error, Exception)}

    assert len(raised) >= 10
    assert raised <= set(detector_module._RUNTIME_ERRORS)


@pytest.mark.parametrize("error", detector_module._RUNTIME_ERRORS, ids=lambda error: error.__name__)
def test_a_failing_run_is_an_inference_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    detector = OnnxDetector(make_tiny_bundle(tmp_path / "bundle"))

    class Failing:
        def run(self, *args: object) -> list[object]:
            raise error("line one\nline two")

    monkeypatch.setattr(detector, "_session", Failing())
    with pytest.raises(InferenceError, match=r"^model tiny 0\.1: line one line two$"):
        detector.detect([PHOTO])


def test_a_wrong_tensor_is_an_inference_error(tmp_path: Path) -> None:
    detector = OnnxDetector(make_tiny_bundle(tmp_path / "bundle"))

    with pytest.raises(InferenceError, match="tiny"):
        detector.infer(np.zeros((3, 32, 32), np.float32))


def test_an_output_of_another_shape_is_an_inference_error(tmp_path: Path) -> None:
    detector = OnnxDetector(make_tiny_bundle(tmp_path / "bundle"))
    _, placement = detector.prepare(PHOTO)

    with pytest.raises(InferenceError, match=r"expected \(4 \+ 3, anchors\), found \(5, 9\)"):
        detector.decode(np.zeros((5, 9), np.float32), placement)


def test_detect_is_its_three_steps(tmp_path: Path) -> None:
    detector = OnnxDetector(make_tiny_bundle(tmp_path / "bundle"))

    tensor, placement = detector.prepare(PHOTO)
    by_steps = detector.decode(detector.infer(tensor), placement)

    assert tensor.shape == (3, TINY_SIZE_PX, TINY_SIZE_PX)
    assert np.array_equal(by_steps.boxes_xyxy, detector.detect([PHOTO])[0].boxes_xyxy)


def test_the_graph_stays_when_the_file_changes(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    (bundle.path / "model.onnx").write_bytes(b"replaced after the check")

    assert len(OnnxDetector(bundle).detect([PHOTO])[0]) == 1


def test_the_least_score_and_the_most_boxes_come_from_the_manifest(tmp_path: Path) -> None:
    boxes = [("stacked_clutter", 0.04 + index / 100, (index / 10, 0.1, index / 10 + 0.05, 0.2)) for index in range(9)]
    bundle = make_tiny_bundle(tmp_path / "bundle", boxes=boxes)

    (found,) = OnnxDetector(read_bundle(bundle.path)).detect([PHOTO])

    assert found.confidences.tolist() == pytest.approx([0.12, 0.11, 0.10, 0.09, 0.08, 0.07, 0.06, 0.05])


def test_one_thread_is_one_thread(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    before = _os_threads()

    detector = OnnxDetector(bundle, threads=1)
    detector.warm_up()

    assert _os_threads() == before


def _os_threads() -> int:
    return (
        len(list(Path("/proc/self/task").iterdir())) if Path("/proc/self/task").is_dir() else threading.active_count()
    )


def answer(score: float) -> Detections:
    box, scores = np.asarray([[0, 0, 4, 4]], np.float32), np.asarray([score], np.float32)
    return Detections(box, scores, np.zeros(1, np.int64), tuple(LABEL_HAZARDS))


def test_a_script_is_answered_in_order_and_again_from_the_start() -> None:
    detector = ScriptedDetector([answer(0.1), answer(0.2)])

    found = [*detector.detect([PHOTO]), *detector.detect([PHOTO, PHOTO])]

    assert [round(float(one.confidences[0]), 1) for one in found] == [0.1, 0.2, 0.1]
    assert list(detector.photos) == [PHOTO, PHOTO, PHOTO]


def test_an_empty_script_finds_nothing() -> None:
    (found,) = ScriptedDetector([]).detect([PHOTO])

    assert len(found) == 0
    assert found.labels == tuple(LABEL_HAZARDS)


def test_a_script_may_look_at_the_photo() -> None:
    detector = ScriptedDetector(lambda photo: answer(photo.width / 10))

    assert detector.detect([PHOTO])[0].confidences.tolist() == pytest.approx([0.8])


def test_a_script_may_be_any_model() -> None:
    detector = ScriptedDetector([], info=ModelInfo("mine", "7", ()), input_size_px=320)

    assert (detector.name, detector.version, detector.labels, detector.input_size_px) == ("mine", "7", (), 320)


def test_scripts_do_not_hoard_photos() -> None:
    detector = ScriptedDetector([])
    for _ in range(100):
        detector.detect([PHOTO])

    assert len(detector.photos) < 100
