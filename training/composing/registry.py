"""All compositions that there are, in one list."""

from pathlib import Path

from hazardlens.training.composing.cables import CABLES
from hazardlens.training.composing.clutter import ClutterOnGround
from hazardlens.training.composing.covers import COVERS
from hazardlens.training.composing.doors import doors
from hazardlens.training.composing.kitchens import DirtyKitchen, TidyKitchen
from hazardlens.training.composing.kitchens_ware import Ware, read_ware
from hazardlens.training.composing.obstacles_cutouts import Cutouts, read_cutouts
from hazardlens.training.composing.pests import PestVisit, RatsAtHeap
from hazardlens.training.composing.pests_cutouts import Rats, read_rats
from hazardlens.training.composing.scene import Composition


def compositions(parts: Path | None) -> tuple[Composition, ...]:
    """All compositions, in a fixed order.

    Args:
        parts: folder of cut-out objects (`cutouts.csv`, `cutouts/`), or None: then those that need one are left out,
            and kitchens and pests are all drawn. Where it lies in the folder of the photos, rats and dishes are cut
            out of these.

    Raises:
        DatasetMissingError: the folder lacks one of its tables.
        DatasetInvalidError: a table or a picture breaks the format.
    """
    if parts is None:
        return *COVERS, *CABLES, *_kitchens(Cutouts({}), Ware(()), Rats(()))
    cutouts = read_cutouts(parts)
    photos = parts.parent
    at_hand = (photos / "photos.csv").is_file()
    rats, ware = (read_rats(photos), read_ware(photos)) if at_hand else (Rats(()), Ware(()))
    return *COVERS, *CABLES, *doors(parts, cutouts), ClutterOnGround(cutouts), *_kitchens(cutouts, ware, rats)


def _kitchens(cutouts: Cutouts, ware: Ware, rats: Rats) -> tuple[Composition, ...]:
    dirty = DirtyKitchen(cutouts, ware)
    return dirty, TidyKitchen(ware), PestVisit(rats, dirty), RatsAtHeap(rats)
