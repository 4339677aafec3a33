"""Weights between those that a training started from and those that it ended with.

A network that goes on from a good one learns the new photos and forgets some of the old. The weights in between often
know more than either end, because the two still lie in one valley of the loss (Wortsman et al., Robust fine-tuning of
zero-shot models, CVPR 2022).
"""

from collections.abc import Collection, Mapping

import torch

from hazardlens.training.errors import WeightsError
from hazardlens.training.networks.graph import fused
from hazardlens.training.networks.network import Network, class_tensors


def blended(start: Network, tuned: Network, share: float) -> Network:
    """A network at `share` of the way from one to the other, batch norms folded.

    Args:
        start: what the training started from.
        tuned: what it ended with. Its labels are the result's; one that the start does not know keeps its tuned rows.
        share: 0..1; 0 is the start, 1 is what it was tuned to.

    Raises:
        ValueError: the share is not within 0..1.
        WeightsError: the two are of different architectures.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"expected a share within 0..1, found {share}")
    module = fused(tuned.module)
    first, last = fused(start.module).state_dict(), module.state_dict()
    by_class = class_tensors(module)
    if _shapes(first, by_class) != _shapes(last, by_class):
        raise WeightsError(f"{start.info.arch} and {tuned.info.arch}: weights of different networks do not blend")
    rows = [(tuned.labels.index(label), start.labels.index(label)) for label in tuned.labels if label in start.labels]
    ours, theirs = [row for row, _ in rows], [row for _, row in rows]
    for name, tensor in last.items():
        if not tensor.is_floating_point():
            continue
        if name in by_class:
            tensor[ours] = torch.lerp(first[name][theirs], tensor[ours], share)
        else:
            tensor.copy_(torch.lerp(first[name], tensor, share))
    return Network(module, tuned.info)


def _shapes(tensors: Mapping[str, torch.Tensor], by_class: Collection[str]) -> dict[str, torch.Size]:
    """Of each tensor; without the rows where there is one for each class."""
    return {name: tensor.shape[1:] if name in by_class else tensor.shape for name, tensor in tensors.items()}
