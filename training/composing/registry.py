"""All compositions that there are, in one list."""

from pathlib import Path

from hazardlens.training.composing.covers import COVERS
from hazardlens.training.composing.scene import Composition


def compositions(parts: Path | None) -> tuple[Composition, ...]:
    """All compositions, in a fixed order.

    Args:
        parts: folder of cut-out objects (`cutouts.csv`, `cutouts/`), or None: then those that need one are left out.
    """
    del parts
    return COVERS
