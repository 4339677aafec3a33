"""What training pictures go through besides ultralytics' own transforms."""

import random
from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from hazardlens.training.fitting.mixing import Partners
from hazardlens.training.networks.backend import BaseTransform, Format, Mosaic, RandomPerspective

Pixels = npt.NDArray[np.uint8]
Sample = dict[str, Any]

PLANE: Final = "semantic_mask"
"""Under this name ultralytics' transforms carry a plane of one byte per pixel along with the pixels."""


class PartnerMosaic(Mosaic):
    """Mosaic whose other three photos are drawn as the first one is."""

    def __init__(self, dataset: Any, *, size_px: int, probability: float, partners: Partners) -> None:
        super().__init__(dataset, imgsz=size_px, p=probability)
        self.partners = partners

    def get_indexes(self) -> list[int]:
        """Three photos."""
        return self.partners.draw(self.n - 1)


class StretchedAffine(RandomPerspective):
    """Scales, shifts and turns a picture, and stretches it: some sources keep their photos as stretched squares."""

    def __init__(self, *, aspect: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.aspect = aspect

    def _compute_affine_matrix(self, img: Pixels, size: tuple[int, int]) -> tuple[npt.NDArray[np.float32], float]:
        """The stock matrix after a stretch about the picture's centre that keeps areas, and the stock scale."""
        matrix, scale = super()._compute_affine_matrix(img, size)
        stretch = self.aspect ** random.uniform(-0.5, 0.5)  # noqa: S311 - augmentation
        height, width = img.shape[:2]
        about_centre = np.diag([stretch, 1 / stretch, 1.0])
        about_centre[:2, 2] = (1 - stretch) * width / 2, (1 - 1 / stretch) * height / 2
        return (matrix @ about_centre).astype(np.float32), scale


class PhoneCamera(BaseTransform):
    """What phones and chat programs do to a photo: no colour, blur, noise, strong compression, poor exposure."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def apply_image(self, labels: Sample, params: Sample | None = None) -> Sample:
        """Each effect by itself, with a small probability each."""
        for effect in _EFFECTS:
            if random.random() < self.probability:  # noqa: S311 - augmentation
                labels["img"] = effect(labels["img"])
        return labels


class CoverageFormat(Format):
    """Turns a sample into tensors, the plane of patterns too."""

    def apply_semantic(self, labels: Sample, params: Sample | None = None) -> Sample:
        """Move the plane to `coverage`, (H, W) uint8."""
        labels["coverage"] = torch.from_numpy(np.ascontiguousarray(labels.pop(PLANE)))
        return labels


def _grey(image: Pixels) -> Pixels:
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def _blur(image: Pixels) -> Pixels:
    side = random.choice((3, 5))  # noqa: S311 - augmentation
    return np.asarray(cv2.GaussianBlur(image, (side, side), 0), np.uint8)


def _noise(image: Pixels) -> Pixels:
    cv2.setRNGSeed(random.getrandbits(31))  # OpenCV has a generator of its own, which nobody else seeds
    noise = np.empty(image.shape, np.int16)
    cv2.randn(noise, np.zeros(3), np.full(3, random.uniform(3, 14)))  # noqa: S311 - augmentation
    return np.asarray(np.clip(image.astype(np.int16) + noise, 0, 255), np.uint8)


def _compress(image: Pixels) -> Pixels:
    quality = random.randint(25, 70)  # noqa: S311 - augmentation
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _expose(image: Pixels) -> Pixels:
    gamma = random.choice((random.uniform(0.5, 0.8), random.uniform(1.3, 2.2)))  # noqa: S311 - augmentation
    curve = (np.linspace(0, 1, 256) ** gamma * 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(image, curve), np.uint8)


_EFFECTS: Final[tuple[Callable[[Pixels], Pixels], ...]] = (_grey, _blur, _noise, _compress, _expose)
