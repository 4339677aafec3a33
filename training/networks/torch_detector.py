"""A detector that runs the torch network, with the pre- and post-processing of serving."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo
from hazardlens.model.manifest import OutputSpec
from hazardlens.model.postprocess import OutputForm, decode_output
from hazardlens.model.preprocess import letterbox
from hazardlens.training.networks.network import Network


class TorchDetector:
    """Finds labels with a network in evaluation mode, photo by photo.

    Args:
        module: the network.
        labels: of the model, in the order of its classes.
        size_px: side of its square input.
        min_confidence: boxes below this raw score are dropped.
        iou_threshold: of two boxes of one label that overlap more than this, the worse is dropped.
        max_detections: how many of the best to keep.
        bf16: compute in bfloat16; scores then differ in the third decimal.
    """

    def __init__(
        self,
        module: nn.Module,
        labels: Sequence[str],
        size_px: int,
        *,
        min_confidence: float = 0.001,
        iou_threshold: float = 0.6,
        max_detections: int = 300,
        bf16: bool = False,
    ) -> None:
        self._module = module
        self._labels = tuple(labels)
        self._size_px = size_px
        self._min_confidence = min_confidence
        self._iou_threshold = iou_threshold
        self._max_detections = max_detections
        self._bf16 = bf16
        head: Any = module.model[-1]  # type: ignore[index] # an nn.Sequential, typed as any module
        self._form = OutputForm.END_TO_END if head.end2end else OutputForm.ANCHORS
        self._device = next(module.parameters()).device

    @classmethod
    def serving(cls, network: Network, spec: OutputSpec) -> Self:
        """The network with the post-processing that its bundle states."""
        return cls(
            network.module,
            network.labels,
            network.size_px,
            min_confidence=spec.min_confidence,
            iou_threshold=spec.iou_threshold,
            max_detections=spec.max_detections,
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the model, in the order of its classes."""
        return self._labels

    @property
    def input_size_px(self) -> int:
        """Side of its square input."""
        return self._size_px

    @torch.no_grad()
    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """Detections of each photo, best first, in pixels of its upright original."""
        return [self._detect_one(photo) for photo in photos]

    def _detect_one(self, photo: Photo) -> Detections:
        tensor, placement = letterbox(photo, self._size_px)
        batch = torch.from_numpy(tensor)[None].to(self._device)
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            answer = self._module(batch)
        raw = (answer[0] if isinstance(answer, tuple) else answer)[0]
        return decode_output(
            np.asarray(raw.float().cpu().numpy(), np.float32),
            form=self._form,
            placement=placement,
            labels=self._labels,
            min_confidence=self._min_confidence,
            iou_threshold=self._iou_threshold,
            max_detections=self._max_detections,
        )
