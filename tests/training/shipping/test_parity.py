"""Torch and ONNX give the same boxes, from a photo's bytes to the last rounding, whatever the photo's shape.

Ultralytics pads a photo that is not square differently for torch than for a static graph: boxes move by a dozen pixels.
Here both go through one decoding, letterbox and post-processing. The torch network is made from the shipped graph's own
weights, so that it is the shipped bundle that is compared, on any machine.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from hazardlens.model.bundle import SHIPPED_BUNDLE, Bundle, float_graph, read_bundle
from hazardlens.model.detections import Detections
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo
from hazardlens.training.errors import ExportError
from hazardlens.training.measuring.predict import Finder
from hazardlens.training.networks.graph import to_network, to_onnx
from hazardlens.training.networks.network import Network
from hazardlens.training.networks.torch_detector import TorchDetector
from hazardlens.training.shipping.parity import BOX_TOLERANCE_PX, SCORE_TOLERANCE, Parity, compare, require_parity
from support.photo_pool import picture

SHAPES = {
    "square": (640, 640),
    "wide": (1600, 400),
    "tall": (400, 1600),
    "tiny": (48, 36),
    "12 megapixels": (4032, 3024),
}
FLOOR = 0.05


def in_shape(image: Image.Image, size_wh: tuple[int, int]) -> bytes:
    """The middle of a picture as a JPEG of another size."""
    stream = io.BytesIO()
    ImageOps.fit(image.convert("RGB"), size_wh).save(stream, "JPEG", quality=88)
    return stream.getvalue()


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(SHIPPED_BUNDLE)


@pytest.fixture(scope="module")
def network(shipped: Bundle) -> Network:
    return to_network(float_graph(shipped))


@pytest.fixture(scope="module")
def eager(shipped: Bundle, network: Network) -> TorchDetector:
    return TorchDetector.serving(network, shipped.manifest.output)


@pytest.fixture(scope="module")
def served(shipped: Bundle) -> OnnxDetector:
    """In float32: an 8-bit graph is a little another model, and is measured as such."""
    return OnnxDetector(replace(shipped, onnx_bytes=float_graph(shipped)))


@pytest.fixture(scope="module")
def heap(repo: Path) -> Image.Image:
    with Image.open(repo / "datasets/samples/clutter_by_the_wall.jpg") as image:
        return image.convert("RGB")


def tell(parity: Parity) -> str:
    return f"{parity.lonely} of {parity.boxes} boxes differ; {parity.box_px:.3f} px, {parity.score:.5f}"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shipped_graph_answers_as_torch_does(
    eager: TorchDetector, served: OnnxDetector, heap: Image.Image, shape: str
) -> None:
    parity = compare(eager, served, [in_shape(heap, SHAPES[shape])], floor=FLOOR)
    assert parity.boxes > 0
    assert parity.holds, tell(parity)
    assert parity.box_px <= BOX_TOLERANCE_PX
    assert parity.score <= SCORE_TOLERANCE


def test_the_shipped_graph_answers_as_torch_does_on_real_photos(
    eager: TorchDetector, served: OnnxDetector, shared_data: Path
) -> None:
    names = ("amsterdam-garbage__003", "openimages-door__001", "woosong-trashbags__005")
    found = [path for name in names if (path := shared_data / "photos" / f"{name}.jpg").is_file()]
    assert found
    files = []
    for index, size_wh in enumerate(SHAPES.values()):
        with Image.open(found[index % len(found)]) as image:
            files.append(in_shape(image, size_wh))
    parity = compare(eager, served, files, floor=FLOOR)
    assert parity.boxes >= len(files)
    assert parity.holds, tell(parity)


def test_exporting_again_gives_a_graph_that_answers_the_same(
    shipped: Bundle, network: Network, served: OnnxDetector, heap: Image.Image
) -> None:
    again = replace(shipped, onnx_bytes=to_onnx(network, {}))
    files = [in_shape(heap, SHAPES[shape]) for shape in ("wide", "tall")]
    parity = require_parity(OnnxDetector(again), served, files, floor=FLOOR)
    assert parity.boxes > 0


class Tampered:
    """A detector whose answers are changed on their way out."""

    def __init__(self, finder: Finder, shift_px: float = 0.0, score: float = 0.0) -> None:
        self.labels = finder.labels
        self.input_size_px = finder.input_size_px
        self._finder, self._shift_px, self._score = finder, shift_px, score

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        return [self._tamper(photo, found) for photo, found in zip(photos, self._finder.detect(photos), strict=True)]

    def _tamper(self, photo: Photo, found: Detections) -> Detections:
        shift = self._shift_px * max(photo.width, photo.height) / self.input_size_px
        scores = np.clip(found.confidences + self._score, 0, 1).astype(np.float32)
        return replace(found, boxes_xyxy=(found.boxes_xyxy + shift).astype(np.float32), confidences=scores)


@pytest.mark.parametrize(
    ("shift_px", "score", "holds"),
    [
        pytest.param(0.0, 0.0, True, id="untouched"),
        pytest.param(0.8, 0.008, True, id="within the tolerances"),
        pytest.param(1.2, 0.0, False, id="boxes moved"),
        pytest.param(0.0, -0.012, False, id="scores lowered"),
    ],
)
def test_the_comparison_sees_what_it_has_to_see(
    served: OnnxDetector, heap: Image.Image, shift_px: float, score: float, holds: bool
) -> None:
    files = [in_shape(heap, (1600, 1200))]
    assert compare(Tampered(served, shift_px, score), served, files, floor=FLOOR).holds is holds


class Listed:
    """A detector that answers every photo with given scores, a box each, whose place hangs on the score."""

    labels = ("stacked_clutter",)
    input_size_px = 64

    def __init__(self, *scores: float) -> None:
        self._scores = np.asarray(scores, np.float32)

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        left = np.rint(self._scores * 1000) * 7 % 53  # 46 for 0.9, 35 for 0.8, 2 for 0.5, 16 for 0.502
        boxes = np.stack([left, left, left + 4, left + 4], axis=1).astype(np.float32)
        return [Detections(boxes, self._scores, np.zeros(len(left), np.int64), self.labels) for _ in photos]


@pytest.mark.parametrize(
    ("limit", "theirs", "holds"),
    [
        pytest.param(2, (0.9, 0.502), True, id="each ends with another of two that are as good"),
        pytest.param(2, (0.9,), False, id="one has room left and lacks it"),
        pytest.param(None, (0.9, 0.502), False, id="answers without an end"),
        pytest.param(2, (0.8, 0.502), False, id="the better ones differ"),
    ],
)
def test_where_full_answers_end_a_box_may_lack_its_counterpart(
    limit: int | None, theirs: tuple[float, ...], holds: bool
) -> None:
    stream = io.BytesIO()
    picture(1, (64, 64)).save(stream, "PNG")
    parity = compare(Listed(0.9, 0.5), Listed(*theirs), [stream.getvalue()], floor=FLOOR, limit=limit)
    assert parity.holds is holds


class PaddedAtTheEnd:
    """The mistake itself: the photo lies in the canvas's upper left corner, and its boxes are read as if centred."""

    def __init__(self, finder: Finder) -> None:
        self.labels = finder.labels
        self.input_size_px = finder.input_size_px
        self._finder = finder

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        return [self._detect(photo) for photo in photos]

    def _detect(self, photo: Photo) -> Detections:
        side = max(photo.pixels.shape[:2])
        canvas = np.full((side, side, 3), 114, np.uint8)
        height, width = photo.pixels.shape[:2]
        canvas[:height, :width] = photo.pixels
        (found,) = self._finder.detect([replace(photo, pixels=canvas, width=side, height=side)])
        return found


@pytest.mark.parametrize(("shape", "holds"), [("square", True), ("wide", False), ("tall", False)])
def test_another_padding_is_seen_on_photos_that_are_not_square(
    served: OnnxDetector, heap: Image.Image, shape: str, holds: bool
) -> None:
    files = [in_shape(heap, SHAPES[shape])]
    assert compare(PaddedAtTheEnd(served), served, files, floor=FLOOR).holds is holds


def test_answers_without_boxes_prove_nothing(served: OnnxDetector) -> None:
    stream = io.BytesIO()
    picture(1, (64, 64)).save(stream, "PNG")
    parity = compare(served, served, [stream.getvalue()], floor=0.995)
    assert (parity.boxes, parity.holds) == (0, False)
    with pytest.raises(ExportError, match="0 of 0 boxes"):
        require_parity(served, served, [stream.getvalue()], floor=0.995)
