"""All compositions that there are, in one list."""

from collections.abc import Sequence
from pathlib import Path

from hazardlens.training.composing.cables import CABLES
from hazardlens.training.composing.clutter import ClutterOnGround
from hazardlens.training.composing.covers import COVERS
from hazardlens.training.composing.doors import doors
from hazardlens.training.composing.kitchens import DirtyKitchen, TidyKitchen
from hazardlens.training.composing.kitchens_ware import LONG_M, Ware
from hazardlens.training.composing.obstacles_cutouts import Cutouts, read_cutouts
from hazardlens.training.composing.pests import PestVisit, RatsAtHeap
from hazardlens.training.composing.pests_cutouts import Rats, read_rats
from hazardlens.training.composing.pests_others import KINDS, OtherAnimals
from hazardlens.training.composing.photo_parts import Piece, of_kinds, read_pieces
from hazardlens.training.composing.scene import Composition


def compositions(parts: Path | None) -> tuple[Composition, ...]:
    """All compositions, in a fixed order.

    Args:
        parts: folder of cut-out objects (`cutouts.csv`, `cutouts/`), or None: then those that need one are left out,
            and kitchens and pests are all drawn. Where it lies in the folder of the photos, rats, other
            animals and dishes are cut out of these.

    Raises:
        DatasetMissingError: the folder lacks one of its tables.
        DatasetInvalidError: a table or a picture breaks the format.
    """
    if parts is None:
        return *COVERS, *CABLES, *_kitchens(Cutouts({}), Rats(()), ())
    cutouts = read_cutouts(parts)
    photos = parts.parent
    at_hand = (photos / "photos.csv").is_file()
    rats, pieces = (read_rats(photos), read_pieces(photos)) if at_hand else (Rats(()), ())
    return *COVERS, *CABLES, *doors(parts, cutouts), ClutterOnGround(cutouts), *_kitchens(cutouts, rats, pieces)


def _kitchens(cutouts: Cutouts, rats: Rats, pieces: Sequence[Piece]) -> tuple[Composition, ...]:
    ware = Ware(of_kinds(pieces, LONG_M))
    dirty = DirtyKitchen(cutouts, ware)
    others = OtherAnimals(of_kinds(pieces, KINDS))
    return dirty, TidyKitchen(ware), PestVisit(rats, dirty), RatsAtHeap(rats), others
