"""Boxes round what is visible, from the mask of objects."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hazardlens.training.rendering.studio.shots import Target

Mask = npt.NDArray[np.int32]
LabelledBox = tuple[str, tuple[int, int, int, int]]


def number_objects(objects: Iterable[Any]) -> None:
    """Give each object a `pass_index` of its own, from 1 on, so that a mask tells them apart."""
    for number, thing in enumerate(objects, start=1):
        thing.pass_index = number


def boxes_of(mask: Mask, targets: Sequence[Target]) -> list[LabelledBox] | None:
    """Boxes of the targets that can be seen: label and (x_min, y_min, x_max, y_max) in pixels, edges outside.

    None where a target that spoils the shot can be seen, but not well enough for a box.
    """
    found: list[LabelledBox] = []
    for target in targets:
        numbers = sorted({part.pass_index for thing in target.objects for part in _with_parts(thing)})
        rows, columns = np.nonzero(np.isin(mask, numbers))
        if not len(rows):
            continue
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        too_small = min(box[2] - box[0], box[3] - box[1]) < target.min_side_px or len(rows) < target.min_pixels
        if not too_small:
            found.append((target.label, box))
        elif target.spoils:
            return None
    return found


def _with_parts(thing: Any) -> list[Any]:
    return [thing, *thing.children_recursive]
