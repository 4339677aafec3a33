"""All compositions that there are, in one list."""

from pathlib import Path

from hazardlens.training.composing.cables import CABLES
from hazardlens.training.composing.covers import COVERS
from hazardlens.training.composing.doors import doors
from hazardlens.training.composing.obstacles_cutouts import read_cutouts
from hazardlens.training.composing.scene import Composition


def compositions(parts: Path | None) -> tuple[Composition, ...]:
    """All compositions, in a fixed order.

    Args:
        parts: folder of cut-out objects (`cutouts.csv`, `cutouts/`), or None: then those that need one are left out.

    Raises:
        DatasetMissingError: the folder lacks one of its tables.
        DatasetInvalidError: a table or a picture breaks the format.
    """
    if parts is None:
        return *COVERS, *CABLES
    return *COVERS, *CABLES, *doors(parts, read_cutouts(parts))
