"""Lets a torchvision whose compiled operators cannot load be imported beside a CPU build of torch.

Package indexes serve torchvision built for CUDA. Beside a CPU torch its library does not load, and `import
torchvision` then dies because it registers a shape function for `torchvision::nms`, which nobody declared. Ultralytics
imports torchvision for that one operator, so declaring it and giving it a kernel is enough. Matching builds are left
alone.
"""

import importlib.util
from pathlib import Path
from typing import Final

import torch

_SCHEMAS: Final = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # torch drops the operators with the library object


def make_importable() -> bool:
    """Declare the missing operators where the compiled ones do not load; say whether that was needed.

    Call it before torchvision is imported. Calling it again changes nothing.
    """
    if _declared:
        return True
    if _compiled_library_loads():
        return False
    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    library.impl("nms", suppress, "CPU")
    _declared.append(library)
    # Its own check asks for the library that cannot load.
    vars(importlib.import_module("torchvision.extension"))["_has_ops"] = lambda: True
    return True


def suppress(dets: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression.

    Args:
        dets: (N, 4) xyxy, any one frame.
        scores: (N,).
        iou_threshold: boxes that overlap a better one by more than this go.

    Returns:
        (K,) int64 indices of the boxes that stay, best first.
    """
    if len(scores) == 0:
        return torch.empty(0, dtype=torch.int64)
    order = scores.argsort(descending=True, stable=True)
    boxes = dets[order]
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    sides = (
        torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - torch.maximum(boxes[:, None, :2], boxes[None, :, :2])
    ).clamp(min=0)
    overlap = sides.prod(2)
    rivals = overlap > iou_threshold * (area[:, None] + area[None, :] - overlap)
    stays = torch.ones(len(order), dtype=torch.bool)
    for index in range(len(order)):
        if stays[index]:
            stays[index + 1 :] &= ~rivals[index, index + 1 :]
    return order[stays]


def _compiled_library_loads() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # not installed: importing it says so better than we could
    for library in Path(spec.origin).parent.glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return False
    return True
