"""The last check before a model enters service: it runs, through all that a request runs through, and makes sense."""

import io
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from hazardlens.model.detector import OnnxDetector
from hazardlens.model.errors import BundleInvalidError, HazardlensError
from hazardlens.model.images import decode_photo
from hazardlens.model.pipeline import Classification, Classifier, Upload

_SIZE_WH: Final = (352, 288)  # not square: padding is where models go wrong
_WORDS: Final = "楼道里堆满了纸箱 boxes in the hallway"


def self_test(classifier: Classifier) -> None:
    """Classify a drawn picture, twice.

    Raises:
        BundleInvalidError: the model fails on it, answers with what are no numbers, or answers one thing now and
            another thing then.
    """
    picture = _draw()
    try:
        _require_numbers(classifier, picture)
        first, second = (_without_times(classifier, picture) for _ in range(2))
    except BundleInvalidError:
        raise
    except HazardlensError as error:
        raise BundleInvalidError(f"the self-test fails: {error}") from error
    except Exception as error:  # graphs and runtimes fail in ways that nobody can list
        raise BundleInvalidError(f"the self-test fails: {type(error).__name__}") from error
    if first != second:
        raise BundleInvalidError("the self-test fails: one picture got two different answers")


def _require_numbers(classifier: Classifier, picture: bytes) -> None:
    # What is not finite is dropped on the way to an answer, so a graph that has come apart would just see nothing.
    detector = classifier.detector
    if isinstance(detector, OnnxDetector):
        tensor, _ = detector.prepare(decode_photo(picture))
        if not np.isfinite(detector.infer(tensor)).all():
            raise BundleInvalidError("the self-test fails: the graph answers with what are no numbers")


def _without_times(classifier: Classifier, picture: bytes) -> Classification:
    answer = classifier.classify([Upload("self-test", picture)], text=_WORDS)
    return answer.model_copy(update={"timing_ms": None})


def _draw() -> bytes:
    """A JPEG with edges and a ramp of light."""
    width, height = _SIZE_WH
    ramp = np.linspace(40, 220, width, dtype=np.uint8)
    image = Image.fromarray(np.repeat(np.tile(ramp, (height, 1))[:, :, None], 3, axis=2))
    draw = ImageDraw.Draw(image)
    for step in range(4):
        left = 30 + 80 * step
        draw.rectangle((left, 120 + 20 * step, left + 60, 260), fill=(150 - 30 * step, 110, 40 + 50 * step))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
