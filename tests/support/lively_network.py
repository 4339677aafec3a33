"""A network that was never trained, but finds boxes all over a photo: for tests of what happens after the training.

A fresh network answers every photo with the same scores. Here the batch norms have seen noise and the class layers are
strong, so that scores differ from place to place, photo to photo and label to label. Boxes are small and hardly
overlap, so that no rounding error decides which of two is suppressed.
"""

from collections.abc import Sequence

import torch
from torch import nn

from hazardlens.training.networks.network import Network, NetworkInfo, build_network

LIVELY_LABELS = ("stacked_clutter", "exit_door")
LIVELY_SIZE_PX = 96


def lively_network(
    labels: Sequence[str] = LIVELY_LABELS, *, size_px: int = LIVELY_SIZE_PX, strength: float = 0.02
) -> Network:
    """The same network each time; `strength` 0 makes one that finds nothing at all."""
    torch.manual_seed(7)
    info = NetworkInfo(arch="yolo11n.yaml", labels=tuple(labels), size_px=size_px)
    module = build_network(info)
    _show_noise(module, size_px)
    head = module.model[-1]
    for layers in head.cv3:
        layers[-1].weight.data.normal_(0, strength)
        layers[-1].bias.data.fill_(-4.0 if strength else -20.0)
    for layers in head.cv2:
        layers[-1].weight.data.normal_(0, 0.01)
        layers[-1].bias.data.copy_(-torch.arange(head.reg_max).repeat(4))
    return Network(module.float().eval(), info)


def _show_noise(module: nn.Module, size_px: int) -> None:
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 1.0
    module.train()
    with torch.no_grad():
        module(torch.rand(4, 3, size_px, size_px))
