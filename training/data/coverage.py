"""What is known where: which labels were looked for on the photo behind each pixel of a training picture.

A mosaic shows several photos, and on each of them other labels were searched for. Every photo therefore carries a plane
of one byte per pixel with the number of its *pattern*, the set of labels looked for. The plane goes through mosaic,
affine and flip together with the pixels, as a segmentation mask would, so it is exact to the pixel after any of them.
Grey padding has the number `EVERYTHING`: nothing is there, and that is known of every label.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch

from hazardlens.training.data.records import PhotoRecord

EVERYTHING: Final = 255


@dataclass(frozen=True, slots=True)
class Coverage:
    """The patterns of a data set.

    Attributes:
        labels: of the model, in the order of its classes.
        patterns: each set of labels looked for, cut to the model's labels; the index is the pattern's number.
    """

    labels: tuple[str, ...]
    patterns: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, records: Iterable[PhotoRecord], labels: Sequence[str]) -> "Coverage":
        """The patterns that these records need.

        Raises:
            ValueError: there are more patterns than a byte can number.
        """
        return cls(tuple(labels), tuple(sorted({record.looked_for & set(labels) for record in records}, key=sorted)))

    def __post_init__(self) -> None:
        """Refuse more patterns than a byte can number."""
        if len(self.patterns) > EVERYTHING:
            raise ValueError(
                f"expected at most {EVERYTHING} different sets of labels looked for, found {len(self.patterns)}"
            )

    def including(self, looked_for: frozenset[str]) -> "Coverage":
        """With one pattern more, if it is new; the others keep their numbers.

        Raises:
            ValueError: there are more patterns than a byte can number.
        """
        pattern = looked_for & set(self.labels)
        return self if pattern in self.patterns else replace(self, patterns=(*self.patterns, pattern))

    def number_of(self, looked_for: frozenset[str]) -> int:
        """The pattern of a set of labels looked for."""
        return self.patterns.index(looked_for & set(self.labels))

    def table(self) -> torch.Tensor:
        """(256, C) bool: whether label c was looked for where the plane says p."""
        known = torch.ones(EVERYTHING + 1, len(self.labels), dtype=torch.bool)
        for number, pattern in enumerate(self.patterns):
            known[number] = torch.tensor([label in pattern for label in self.labels])
        return known


def known_at_anchors(
    plane: torch.Tensor, table: torch.Tensor, grids_hw: Sequence[tuple[int, int]], strides: Sequence[int]
) -> torch.Tensor:
    """Whether each label is known at each anchor, in the order in which the detection head lists its anchors.

    Args:
        plane: (B, H, W) uint8, pattern per pixel of the training picture.
        table: (256, C) bool from `Coverage.table`.
        grids_hw: rows and columns of each level of the head.
        strides: pixels per cell of each level.

    Returns:
        (B, A, C) bool; an anchor has the pattern of the pixel at the centre of its cell.

    Raises:
        ValueError: the plane is not as large as the grids say.
    """
    numbers = []
    for (rows, columns), stride in zip(grids_hw, strides, strict=True):
        if plane.shape[1:] != (rows * stride, columns * stride):
            expected = (rows * stride, columns * stride)
            raise ValueError(
                f"plane: expected {expected} for a grid at stride {stride}, found {tuple(plane.shape[1:])}"
            )
        numbers.append(plane[:, stride // 2 :: stride, stride // 2 :: stride].flatten(1))
    return table[torch.cat(numbers, 1).long()]
