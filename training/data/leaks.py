"""Look for photos of one place, or the same picture, on both sides of a split."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hazardlens.training.data.duplicates import PictureHash, near_pairs
from hazardlens.training.data.findings import Finding, error, warning
from hazardlens.training.data.splits import SplitManifest


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the look at one picture learned; the hash is None where the picture cannot be read."""

    photo: str
    group: str
    sha256: str
    picture: PictureHash | None


def split_findings(looks: Sequence[Look], split: SplitManifest) -> Iterator[Finding]:
    """Photos that the split and the data set do not share, and groups that the split parts."""
    name = split.name
    here = {look.photo for look in looks}
    for look in looks:
        entry = split.photos.get(look.photo)
        if entry is None:
            yield error("split_lacks_photo", look.photo, f"split {name} does not name it: make a new split")
        elif entry.sha256 != look.sha256:
            yield error("split_hash_differs", look.photo, f"split {name} was made with another file of that name")
    for photo in split.photos:
        if photo not in here:
            yield error("split_photo_missing", photo, f"split {name} names it, photos.csv does not")
    sides: dict[str, dict[str, str]] = defaultdict(dict)
    for look in looks:
        if look.photo in split.photos:
            sides[look.group].setdefault(split.photos[look.photo].split, look.photo)
    for group, examples in sides.items():
        if len(examples) > 1:
            told = ", ".join(f"{side} ({photo})" for side, photo in sorted(examples.items()))
            yield error("group_leak", group, f"the group is on both sides of split {name}: {told}")


def twin_findings(looks: Sequence[Look], split: SplitManifest | None) -> Iterator[Finding]:
    """Pictures that are there twice, which is a leak where the two are on different sides of the split."""
    readable = [look for look in looks if look.picture is not None]
    sides: Mapping[str, str] = {} if split is None else {photo: entry.split for photo, entry in split.photos.items()}
    for pair in near_pairs([look.picture for look in readable if look.picture is not None]):
        first, second = readable[pair.first], readable[pair.second]
        told = f"looks like {'the mirror image of ' if pair.mirrored else ''}{second.photo} ({pair.bits} of 256 bits)"
        both = (sides.get(first.photo), sides.get(second.photo))
        if None not in both and both[0] != both[1]:
            yield error("picture_leak", first.photo, f"{told}: one is in {both[0]}, the other in {both[1]}")
        elif first.group != second.group:
            yield warning("twins_in_two_groups", first.photo, f"{told}: give both the same group")
        else:
            yield warning("twins", first.photo, told)
