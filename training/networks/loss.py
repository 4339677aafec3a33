"""The detection loss for photos that are only partly labelled.

The stock loss takes every label without a box as absent, and pushes its score down. On a photo where nobody looked for
doors that teaches the model that doors are not doors. Here the classification term counts only where the answer is
known: where the label was looked for, or where a box of it was assigned to the anchor. Box and distribution terms are
the stock ones.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from hazardlens.training.data.coverage import known_at_anchors
from hazardlens.training.networks.backend import DetectionLoss, DetectionModel, E2ELoss

Batch = dict[str, Any]


class KnownOnly(nn.Module):
    """Binary cross-entropy per anchor and label, zero where nobody knows the answer.

    The stock loss calls it with scores and targets only, so what is known is set beforehand, batch by batch.
    """

    known: torch.Tensor | None = None
    """(B, A, C) bool, or None when everything is known."""

    def forward(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """(B, A, C) logits and targets to (B, A, C) losses."""
        losses = nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        if self.known is None:
            return losses
        # `where`, not a product: an unknown answer has no gradient at all, whatever the logit is.
        return torch.where(self.known | (targets > 0), losses, losses.new_zeros(()))


class PartialDetectionLoss(DetectionLoss):
    """`v8DetectionLoss` that knows what it does not know.

    A batch carries `coverage` (B, H, W) uint8 and `known` (256, C) bool; without them every label counts as looked
    for, and the loss is the stock one.
    """

    def __init__(self, model: nn.Module, tal_topk: int = 10, tal_topk2: int | None = None) -> None:
        super().__init__(model, tal_topk, tal_topk2)
        self.bce = KnownOnly()

    def get_assigned_targets_and_loss(self, preds: Mapping[str, Any], batch: Batch, **assign_kwargs: Any) -> Any:
        """See the stock loss; only the classification term differs."""
        self.bce.known = self._known(preds, batch)
        return super().get_assigned_targets_and_loss(preds, batch, **assign_kwargs)

    def _known(self, preds: Mapping[str, Any], batch: Batch) -> torch.Tensor | None:
        if "coverage" not in batch:
            return None
        grids_hw = [(int(level.shape[2]), int(level.shape[3])) for level in preds["feats"]]
        strides = [int(stride) for stride in self.stride]
        return known_at_anchors(batch["coverage"], batch["known"], grids_hw, strides)


class PartialDetectionModel(DetectionModel):
    """A detection network that is trained with the partial loss.

    `forward_dtype` is the type in which the network computes while it trains; the loss always computes in float32.
    """

    forward_dtype: torch.dtype = torch.float32

    def init_criterion(self) -> Any:
        """The partial loss, for heads with one branch and for end-to-end heads with two."""
        if getattr(self.model[-1], "one2one_cv2", None) is not None:
            return E2ELoss(self, PartialDetectionLoss)
        return PartialDetectionLoss(self)

    def loss(self, batch: Batch, preds: Any = None) -> Any:
        """Summed loss and its detached parts; `preds` as the network in training mode gives them."""
        if getattr(self, "criterion", None) is None:
            self.criterion = self.init_criterion()
        device = batch["img"].device.type
        if preds is None:
            with torch.autocast(device, dtype=torch.bfloat16, enabled=self.forward_dtype is torch.bfloat16):
                preds = self.forward(batch["img"])
        with torch.autocast(device, enabled=False):
            return self.criterion(_to_float32(preds), batch)


def _to_float32(preds: Any) -> Any:
    """Every tensor in nested predictions as float32: half-precision anchors would be off by pixels."""
    if isinstance(preds, torch.Tensor):
        return preds.float()
    if isinstance(preds, Mapping):
        return {key: _to_float32(value) for key, value in preds.items()}
    if isinstance(preds, list | tuple):
        return type(preds)(_to_float32(value) for value in preds)
    return preds
