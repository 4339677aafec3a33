"""What a dataset version brings that the one before it had not, label by label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.measuring.tables import TextTable
from hazardlens.training.retraining.entries import pixels_of


@dataclass(slots=True)
class Tally:
    """Counts of one kind of thing."""

    added: int = 0
    removed: int = 0
    changed: int = 0

    def text(self) -> str:
        """`+3 -1 ~2`, or nothing where nothing happened."""
        parts = [("+", self.added), ("-", self.removed), ("~", self.changed)]
        return " ".join(f"{sign}{count}" for sign, count in parts if count)


@dataclass(slots=True)
class VersionDiff:
    """Photos, and boxes by label; a photo is changed where its boxes or what was looked for on it are."""

    photos: Tally = field(default_factory=Tally)
    boxes: dict[str, Tally] = field(default_factory=dict)

    def table(self) -> TextTable:
        """For people: a row for all photos, and one per label that changed."""
        rows = [("photos", self.photos.text() or "as before")]
        rows += [(f"boxes: {label}", tally.text()) for label, tally in sorted(self.boxes.items()) if tally.text()]
        return TextTable("Changes since the last version", ("what", "how"), tuple(rows), "+ new, - gone, ~ changed")


def compare_versions(before: Sequence[PhotoRecord], after: Sequence[PhotoRecord]) -> VersionDiff:
    """From one version's photos to the next one's; photos are told by their content."""
    diff = VersionDiff()
    old, new = ({record.sha256: record for record in records} for records in (before, after))
    for sha256 in sorted(old.keys() | new.keys()):
        one, other = old.get(sha256), new.get(sha256)
        _count_photo(diff.photos, one, other)
        _count_boxes(diff.boxes, one, other)
    return diff


def _count_photo(tally: Tally, one: PhotoRecord | None, other: PhotoRecord | None) -> None:
    if one is None:
        tally.added += 1
    elif other is None:
        tally.removed += 1
    elif pixels_of(one) != pixels_of(other) or one.looked_for != other.looked_for:
        tally.changed += 1


def _count_boxes(tallies: dict[str, Tally], one: PhotoRecord | None, other: PhotoRecord | None) -> None:
    """On a photo that both have, a box that went and one of its label that came are one that was changed."""
    old, new = (Counter(pixels_of(record)) if record else Counter() for record in (one, other))
    gone, come = (Counter(label for label, _ in boxes.elements()) for boxes in (old - new, new - old))
    for label in gone.keys() | come.keys():
        tally = tallies.setdefault(label, Tally())
        moved = min(gone[label], come[label])
        tally.changed += moved
        tally.added += come[label] - moved
        tally.removed += gone[label] - moved
