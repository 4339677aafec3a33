"""Labelled photos as the training loop wants them, each with what was looked for on it."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from hazardlens.training.config import AugmentConfig
from hazardlens.training.data.coverage import Coverage
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.fitting.augment import PLANE, CoverageFormat, PhoneCamera, StretchedAffine, WeightedMosaic
from hazardlens.training.networks.backend import Compose, RandomFlip, RandomHSV, YOLODataset


class PartialDataset(YOLODataset):
    """Photos with boxes of the model's labels, augmented, and a plane of what was looked for where.

    Args:
        records: the photos, in this order.
        coverage: labels and patterns.
        size_px: side of the square pictures.
        hyp: ultralytics' settings; the augmentation settings are read from it.
        weights: how often each photo is drawn, relative to the others.
        augment: what ultralytics' settings have no words for.
    """

    ims: Any  # ultralytics' cache of pictures

    def __init__(
        self,
        records: Sequence[PhotoRecord],
        coverage: Coverage,
        *,
        size_px: int,
        hyp: SimpleNamespace,
        weights: Sequence[float],
        augment: AugmentConfig,
    ) -> None:
        self.records = list(records)
        self.coverage = coverage
        self.weights = list(weights)
        self.augment_config = augment
        self.numbers = [coverage.number(record) for record in self.records]
        names = dict(enumerate(coverage.labels))
        data = {"names": names, "nc": len(names), "channels": 3}
        super().__init__(img_path="", imgsz=size_px, cache="ram", augment=True, hyp=hyp, data=data)

    def get_img_files(self, img_path: str | list[str]) -> list[str]:
        """The records' files: their order is the dataset's order."""
        return [str(record.path) for record in self.records]

    def get_labels(self) -> list[dict[str, Any]]:
        """Boxes of the model's labels; others are dropped."""
        return [self._label(record) for record in self.records]

    def _label(self, record: PhotoRecord) -> dict[str, Any]:
        kept = [index for index, label in enumerate(record.labels) if label in self.coverage.labels]
        classes = [self.coverage.labels.index(record.labels[index]) for index in kept]
        return {
            "im_file": str(record.path),
            "shape": (record.height, record.width),
            "cls": np.asarray(classes, np.float32).reshape(-1, 1),
            "bboxes": record.boxes_cxcywh[kept].reshape(-1, 4),
            "segments": [],
            "keypoints": None,
            "normalized": True,
            "bbox_format": "xywh",
        }

    def cache_images(self) -> None:
        """Keep all pictures in memory, at the size of training, without a progress bar of its own."""
        for index in range(self.ni):
            self.ims[index], self.im_hw0[index], self.im_hw[index] = self.load_image(index)
        self.ims = self._ImageCache(self.ims)

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """One photo with its boxes and its plane, before augmentation."""
        sample: dict[str, Any] = super().get_image_and_label(index)
        sample[PLANE] = np.full(sample["resized_shape"], self.numbers[index], np.uint8)
        return sample

    def build_transforms(self, hyp: SimpleNamespace) -> Any:
        """Only transforms that carry the plane: no mixup, cutmix or copy-paste."""
        mosaic = WeightedMosaic(self, size_px=self.imgsz, probability=hyp.mosaic, weights=self.weights)
        affine = StretchedAffine(
            aspect=self.augment_config.aspect,
            degrees=hyp.degrees,
            translate=hyp.translate,
            scale=(self.augment_config.scale_min, self.augment_config.scale_max),
            size=(self.imgsz, self.imgsz),
        )
        return Compose(
            [
                mosaic,
                affine,
                PhoneCamera(self.augment_config.phone_camera),
                RandomHSV(hgain=hyp.hsv_h, sgain=hyp.hsv_s, vgain=hyp.hsv_v),
                RandomFlip(p=hyp.fliplr, direction="horizontal"),
                CoverageFormat(bbox_format="xywh", normalize=True),
            ]
        )

    def close_mosaic(self, hyp: SimpleNamespace) -> None:
        """Show single photos from now on."""
        quiet = deepcopy(hyp)
        quiet.mosaic = 0.0
        self.transforms = self.build_transforms(quiet)

    def collate(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        """Stack samples into a batch, with `coverage` (B, H, W) uint8 and `known` (256, C) bool."""
        batch: dict[str, Any] = YOLODataset.collate_fn(samples)
        batch["coverage"] = torch.stack(list(batch["coverage"]))
        batch["known"] = self.coverage.table()
        return batch


class WeightedOrder(Sampler[int]):
    """Every photo as often per epoch as its weight says, shuffled; each epoch draws the same way in every run.

    Only the fraction of a weight is left to chance, so that no epoch misses a photo.
    """

    def __init__(self, weights: Sequence[float], *, seed: int) -> None:
        self.weights = np.asarray(weights, np.float64)
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        """Draws per epoch."""
        return round(float(self.weights.sum()))

    def __iter__(self) -> Iterator[int]:
        """Indices of this epoch."""
        rng = np.random.default_rng((self.seed, self.epoch))
        certain = np.floor(self.weights).astype(int)
        order = np.repeat(np.arange(len(certain)), certain)
        missing = len(self) - len(order)
        if missing > 0:
            rest = self.weights - certain
            order = np.concatenate([order, rng.choice(len(rest), missing, p=rest / rest.sum())])
        return iter(rng.permutation(order).tolist())


class EpochLoader(DataLoader[dict[str, Any]]):
    """The loader that ultralytics' loop expects: it can be told that the dataset's transforms changed."""

    def reset(self) -> None:
        """Nothing to do: workers start afresh each epoch and so see the dataset as it is."""

    def close(self) -> None:
        """Nothing to do: no worker outlives its epoch."""

    def __iter__(self) -> Any:
        """One epoch; a generator, so that asking for an iterator starts no workers yet."""
        yield from super().__iter__()


def photo_weights(
    records: Sequence[PhotoRecord], rare: Mapping[str, float], sources: Mapping[str, float] | None = None
) -> list[float]:
    """How often to draw each photo: the highest weight among its labels and its source, 1 without one."""
    by_source = sources or {}
    return [
        max([1.0, by_source.get(record.source, 1.0), *(rare.get(label, 1.0) for label in record.labels)])
        for record in records
    ]
