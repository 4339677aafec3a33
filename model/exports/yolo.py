"""YOLO: `images/`, `labels/` and a `data.yaml` that ultralytics loads from wherever the folder lies.

Ultralytics takes a label without a box as absent. What was looked for is in `looked_for.csv`, for those who can use it.
"""

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

from hazardlens.model.exports.entries import Entry
from hazardlens.model.exports.naming import image_name, numbered_photos
from hazardlens.model.exports.reviewed import PixelBox, ReviewedReport
from hazardlens.model.exports.writing import ExportHead, Reports, all_labels

_VALIDATES_ONE_IN: Final = 10

_DATA: Final = """\
# {name}, written by {source} at {created}.
# Without `path`, the lists are beside this file. Photos of one place are on one side of the split.
# A label that was not looked for on a photo is unknown there, not absent: see looked_for.csv.
{warning}train: train.txt
val: val.txt
names:
{names}
"""
_ONE_GROUP: Final = "# All photos are of one place, so val.txt holds the same ones: its figures mean nothing.\n"


class YoloForm:
    """A row of a label file is the label's number and the box as centre and size, in shares of the photo.

    A photo without boxes has an empty label file. Which photos are frames of which clip is in `frames.csv`, where there
    are any; frames of one clip are of one group. One group in ten, by its hash, validates.
    """

    def photo_name(self, report: ReviewedReport, n: int) -> str:
        """See `Form`."""
        return f"images/{image_name(report, n)}"

    def documents(self, head: ExportHead, reports: Reports) -> Iterator[Entry]:
        """See `Form`."""
        labels = all_labels(head, reports)
        ids = {label.name: number for number, label in enumerate(labels)}
        for _, report, n in numbered_photos(reports()):
            photo = report.photos[n]
            size_wh = (photo.width, photo.height)
            rows = "".join(f"{ids[item.label]} {box_to_shares(item.box, size_wh)}\n" for item in photo.boxes)
            yield Entry(f"labels/{PurePosixPath(image_name(report, n)).stem}.txt", (rows.encode(),))
        yield Entry("looked_for.csv", _looked_for(reports))
        if any(report.has_frames for report in reports()):
            yield Entry("frames.csv", _frames(reports))
        validating = _validating(reports)
        one_group = validating == {report.group for report in reports()}
        yield Entry("train.txt", _listed(reports, None if one_group else validating, is_inside=False))
        yield Entry("val.txt", _listed(reports, None if one_group else validating, is_inside=True))
        names = "\n".join(f"  {number}: {json.dumps(label.name)}" for number, label in enumerate(labels))
        data = _DATA.format(
            name=head.name,
            source=head.source,
            created=head.created.isoformat(),
            warning=_ONE_GROUP if one_group else "",
            names=names,
        )
        yield Entry("data.yaml", (data.encode(),))


def box_to_shares(box: PixelBox, size_wh: tuple[int, int]) -> str:
    """`x y width height` of the centre and the size, in shares of the photo, exact to far less than a pixel."""
    (width, height), (wide, high) = box.size_wh, size_wh
    shares = ((box.x_min + box.x_max) / 2 / wide, (box.y_min + box.y_max) / 2 / high, width / wide, height / high)
    return " ".join(f"{share:.9f}" for share in shares)


def _looked_for(reports: Reports) -> Iterator[bytes]:
    yield _row("image", "looked_for")
    for _, report, n in numbered_photos(reports()):
        yield _row(image_name(report, n), " ".join(report.looked_for))


def _frames(reports: Reports) -> Iterator[bytes]:
    yield _row("image", "clip_sha256", "time_s")
    for _, report, n in numbered_photos(reports()):
        if (moment := report.photos[n].video) is not None:
            yield _row(image_name(report, n), moment.sha256 or "", f"{moment.time_s:.3f}")


def _row(*cells: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _validating(reports: Reports) -> set[str]:
    """The groups that validate: by their own hash, so a later export puts them on the same side; at least one."""
    ranks = {group: sha256(group.encode()).hexdigest() for group in {report.group for report in reports()}}
    if not ranks:
        return set()
    chosen = {group for group, rank in ranks.items() if int(rank, 16) % _VALIDATES_ONE_IN == 0}
    if 0 < len(chosen) < len(ranks):
        return chosen
    return {min(ranks, key=ranks.__getitem__)}


def _listed(reports: Reports, groups: set[str] | None, *, is_inside: bool) -> Iterator[bytes]:
    for _, report, n in numbered_photos(reports()):
        if groups is None or (report.group in groups) is is_inside:
            yield f"./images/{image_name(report, n)}\n".encode()
