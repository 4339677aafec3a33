"""What the repository says about photos that it does not hold: a manifest that names each one, and a data set card.

Both are written from the photos' own table and the split, so that a test can compare them with what lies in
`datasets/`. The card's text is `dataset_card.md` beside this file.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Final

from hazardlens.training.data.records import PhotoRecord, read_labels, read_records
from hazardlens.training.data.splits import SPLITS, SplitManifest
from hazardlens.training.data.splitting import sides
from hazardlens.training.data.stats import DatasetStats, dataset_stats
from hazardlens.training.errors import DatasetInvalidError
from hazardlens.training.measuring.tables import NOTHING, TextTable

MANIFEST_FILE: Final = "training-pool.csv"
CARD_FILE: Final = "training-pool.md"

COLUMNS: Final = (
    "photo", "sha256", "split", "source", "licence", "attribution", "provenance", "group", "looked_for",
)  # fmt: skip
_EXTRA: Final = ("attribution", "source_repo", "licence_where")
_TEXT: Final = Path(__file__).parent / "dataset_card.md"
_HASH_CHARS: Final = 16


def pool_files(root: Path, split: SplitManifest) -> dict[str, str]:
    """The two files by name, as text.

    Raises:
        DatasetError: the photos at `root` cannot be used, or their table lacks what a manifest needs.
        SplitError: the split was made for other photos.
    """
    records = read_records(root)
    side = sides(split, records)
    rows = _table_rows(root)
    return {
        MANIFEST_FILE: _manifest(records, side, rows),
        CARD_FILE: _card(records, dataset_stats(records, read_labels(root), side), split, rows),
    }


def _table_rows(root: Path) -> dict[str, dict[str, str]]:
    """The columns of photos.csv that training does not need, by photo."""
    reader = csv.DictReader((root / "photos.csv").read_text("utf-8").splitlines())
    missing = [column for column in _EXTRA if column not in (reader.fieldnames or ())]
    if missing:
        raise DatasetInvalidError(f"{root / 'photos.csv'}: the header lacks {', '.join(missing)}")
    return {row["photo"]: {column: row[column] or "" for column in _EXTRA} for row in reader}


def _manifest(records: Sequence[PhotoRecord], side: Mapping[str, str], rows: Mapping[str, Mapping[str, str]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in sorted(records, key=lambda record: record.photo):
        looked_for = " ".join(sorted(record.looked_for))
        writer.writerow(
            (
                record.photo,
                record.sha256,
                side[record.photo],
                record.source,
                record.licence,
                rows[record.photo]["attribution"],
                record.provenance,
                record.group,
                looked_for,
            )
        )
    return stream.getvalue()


def _card(
    records: Sequence[PhotoRecord],
    stats: DatasetStats,
    split: SplitManifest,
    rows: Mapping[str, Mapping[str, str]],
) -> str:
    values = {
        "photos": str(stats.photos),
        "boxes": str(sum(len(record.labels) for record in records)),
        "source_count": str(len(stats.sources)),
        "unclear": str(sum(record.provenance == "unclear" for record in records)),
        "split": split.name,
        "split_sha256": f"{split.sha256[:_HASH_CHARS]}…",
        "labels": _label_table(stats).markdown(),
        "sources": _source_table(stats).markdown(),
        "origins": _origins(records, stats, rows),
        "held_out": ", ".join(sorted(split.config.test_sources)) or "none",
        "pooled": ", ".join(sorted(split.config.pooled_sources)) or "none",
        "moved": str(len(split.moved_to_test)),
    }
    return Template(_TEXT.read_text("utf-8")).substitute(values)


def _label_table(stats: DatasetStats) -> TextTable:
    header = ("label", *(f"{side} boxes" for side in SPLITS), *(f"photos: {name}" for name in stats.labels[0].photos))
    rows = [
        (label.label, *(_count(label.boxes.get(side, 0)) for side in SPLITS), *map(_count, label.photos.values()))
        for label in stats.labels
    ]
    return TextTable("Labels", header, tuple(rows))


def _source_table(stats: DatasetStats) -> TextTable:
    header = ("source", "photos", "groups", *SPLITS, "provenance", "licences")
    rows = [
        (
            source.source,
            str(source.photos),
            str(source.groups),
            *(_count(source.splits.get(side, 0)) for side in SPLITS),
            source.provenance,
            ", ".join(source.licences),
        )
        for source in stats.sources
    ]
    return TextTable("Sources", header, tuple(rows))


def _origins(records: Sequence[PhotoRecord], stats: DatasetStats, rows: Mapping[str, Mapping[str, str]]) -> str:
    """A line per source: repositories, and where their licence is stated."""
    lines = []
    for source in stats.sources:
        own = [rows[record.photo] for record in records if record.source == source.source]
        repositories = ", ".join(f"`{name}`" for name, _ in Counter(row["source_repo"] for row in own).most_common())
        ((stated, _),) = Counter(row["licence_where"].partition("; Flickr")[0] for row in own).most_common(1)
        boxes = ", ".join(f"{label} {count}" for label, count in sorted(source.boxes.items())) or "no boxes"
        lines.append(f"- **{source.source}** ({boxes}): {repositories}. Licence stated in: {stated}.")
    return "\n".join(lines)


def _count(value: int) -> str:
    return str(value) if value else NOTHING
