"""Labelled photos as the training loop wants them, each with what was looked for on it."""

import time
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader

from hazardlens.model.boxes import xyxy_to_cxcywh
from hazardlens.training.composing.scene import Scene
from hazardlens.training.config import AugmentConfig
from hazardlens.training.data.coverage import EVERYTHING, Coverage
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.fitting.augment import PLANE, CoverageFormat, PartnerMosaic, PhoneCamera, StretchedAffine
from hazardlens.training.fitting.composer import Pixels
from hazardlens.training.fitting.mixing import Mixture, Partners
from hazardlens.training.networks.backend import Compose, RandomFlip, RandomHSV, YOLODataset

_KEPT_SCENES: Final = 1024  # at most half a gigabyte at 416 px


class PartialDataset(YOLODataset):
    """Photos with boxes of the model's labels, augmented, and a plane of what was looked for where.

    Args:
        records: the photos, in this order: real ones, then rendered ones.
        coverage: labels and patterns.
        size_px: side of the square pictures.
        hyp: ultralytics' settings; the augmentation settings are read from it.
        mixture: how photos are drawn; an index beyond the records is a scene that it composes.
        augment: what ultralytics' settings have no words for.
        seed: of the composed scenes, with `epoch`, which the trainer counts up.
        stock: take labels that nobody looked for for absent, as the stock loss does.
    """

    ims: Any  # ultralytics' cache of pictures
    epoch: int = 0

    def __init__(
        self,
        records: Sequence[PhotoRecord],
        coverage: Coverage,
        *,
        size_px: int,
        hyp: SimpleNamespace,
        mixture: Mixture,
        augment: AugmentConfig,
        seed: int = 0,
        stock: bool = False,
    ) -> None:
        self.records = list(records)
        self.coverage = coverage
        self.mixture = mixture
        self.augment_config = augment
        self.seed = seed
        self.stock = stock
        self._scenes: dict[int, tuple[int, Scene]] = {}
        self._scenes_of = -1
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
        return {**self._boxes(record.path, record.labels, record.boxes_cxcywh), "shape": (record.height, record.width)}

    def _boxes(self, path: Path, labels: Sequence[str], boxes_cxcywh: npt.NDArray[np.float32]) -> dict[str, Any]:
        kept = [index for index, label in enumerate(labels) if label in self.coverage.labels]
        classes = [self.coverage.labels.index(labels[index]) for index in kept]
        return {
            "im_file": str(path),
            "cls": np.asarray(classes, np.float32).reshape(-1, 1),
            "bboxes": boxes_cxcywh[kept].reshape(-1, 4),
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
        """One photo or composed scene with its boxes and its plane, before augmentation."""
        if index < len(self.records):
            sample: dict[str, Any] = super().get_image_and_label(index)
            looked_for = self.records[index].looked_for
        else:
            behind, scene = self._compose(index - len(self.records))
            sample = self.update_labels_info(self._composed(behind, scene))
            looked_for = scene.looked_for
        sample[PLANE] = np.full(sample["resized_shape"], self._number(looked_for), np.uint8)
        return sample

    def _number(self, looked_for: frozenset[str]) -> int:
        """The pattern's number; a composed scene may need a new one, and each batch brings its own table."""
        if self.stock:
            return EVERYTHING
        self.coverage = self.coverage.including(looked_for)
        return self.coverage.number_of(looked_for)

    def _compose(self, number: int) -> tuple[int, Scene]:
        """The photo behind a scene of this epoch, and the scene; mosaics meet it again, so some are kept."""
        if self.mixture.composer is None:
            raise IndexError(f"expected an index below {len(self.records)}, found {len(self.records) + number}")
        if self._scenes_of != self.epoch:
            self._scenes, self._scenes_of = {}, self.epoch
        if number not in self._scenes:
            rng = np.random.default_rng((self.seed, self.epoch, number))
            scene = self.mixture.composer.draw(rng, self._pixels)
            if len(self._scenes) >= _KEPT_SCENES:
                return scene
            self._scenes[number] = scene
        return self._scenes[number]

    def _pixels(self, index: int) -> Pixels:
        """A fresh copy of a photo at training size, RGB."""
        return np.asarray(cv2.cvtColor(self.load_image(index)[0], cv2.COLOR_BGR2RGB), np.uint8)

    def _composed(self, behind: int, scene: Scene) -> dict[str, Any]:
        """The scene as ultralytics describes a photo; its pictures are BGR."""
        size = np.asarray([scene.width_px, scene.height_px] * 2, np.float32)
        boxes = xyxy_to_cxcywh(scene.boxes_xyxy / size).astype(np.float32)
        shape = (scene.height_px, scene.width_px)
        return {
            **self._boxes(self.records[behind].path, scene.labels, boxes),
            "img": cv2.cvtColor(scene.pixels, cv2.COLOR_RGB2BGR),  # a copy: transforms write into it
            "ori_shape": shape,
            "resized_shape": shape,
            "ratio_pad": (1.0, 1.0),
        }

    def build_transforms(self, hyp: SimpleNamespace) -> Any:
        """Only transforms that carry the plane: no mixup, cutmix or copy-paste."""
        mosaic = PartnerMosaic(self, size_px=self.imgsz, probability=hyp.mosaic, partners=Partners(self.mixture))
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


class EpochLoader(DataLoader[dict[str, Any]]):
    """The loader that ultralytics' loop expects: it can be told that the dataset's transforms changed.

    `waited_s` is how long the loop has waited for batches in the present epoch.
    """

    waited_s: float = 0.0

    def reset(self) -> None:
        """Nothing to do: workers start afresh each epoch and so see the dataset as it is."""

    def close(self) -> None:
        """Nothing to do: no worker outlives its epoch."""

    def __iter__(self) -> Any:
        """One epoch; a generator, so that asking for an iterator starts no workers yet."""
        self.waited_s = 0.0
        asked = time.monotonic()
        for batch in super().__iter__():
            self.waited_s += time.monotonic() - asked
            yield batch
            asked = time.monotonic()
