"""Frames of one clip train, validate or test together, however little they look alike."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hazardlens.model.exports import ExportItem, write_export
from hazardlens.training.data.splitting import sides
from hazardlens.training.retraining.building import Ingredients, build_version
from hazardlens.training.retraining.dividing import DividingConfig
from support.corrections import HEAP, Corrected
from support.exports import HEAD, NOON, of_clip, reviewed_photo, reviewed_report
from support.photo_pool import picture

FRAMES = 3


def clip(number: int) -> ExportItem:
    """A report with frames that show different things, decided on a day of its own."""
    contents = []
    for n in range(FRAMES):
        stream = io.BytesIO()
        picture(1000 + number * FRAMES + n).save(stream, "JPEG", quality=92)
        contents.append(stream.getvalue())
    photos = [reviewed_photo(content, [HEAP]) for content in contents]
    changes = {"decided_at": NOON + timedelta(days=number), "verdict": "correct"}
    whole = ExportItem(reviewed_report(number, photos, **changes), tuple(contents))
    return of_clip(whole, *range(FRAMES), sha256=f"{number:064x}")


def test_frames_of_one_clip_never_part_over_a_split(tmp_path: Path) -> None:
    clips = [clip(number) for number in range(1, 11)]
    export = tmp_path / "export"
    write_export(export, [*clips, Corrected(11, 5).item()], HEAD)
    now = datetime(2026, 4, 1, 8, tzinfo=UTC)
    built = build_version(Ingredients([export], ("stacked_clutter",)), tmp_path / "datasets", DividingConfig(), now)
    side_of = {
        record.sha256: side
        for photo, side in sides(built.manifest, built.records).items()
        for record in built.records
        if record.photo == photo
    }
    found = [{side_of[photo.sha256] for photo in one.report.photos} for one in clips]
    assert [len(side) for side in found] == [1] * len(clips)
    assert {side for one in found for side in one} == {"train", "val", "test"}
