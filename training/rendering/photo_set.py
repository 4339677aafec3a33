"""Writes rendered scenes as a set of labelled photos, and how they came to be."""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.training.rendering.orders import TOPICS

LICENCE: Final = "CC BY 4.0"
"""Of the photos: the strictest that the assets ask for. Whom to name is in the manifest."""

_COLUMNS: Final = (
    "photo", "width", "height", "sha256", "source", "licence", "attribution", "provenance", "group", "looked_for",
    "labels",
)  # fmt: skip
_LABELS: Final = tuple(LABEL_HAZARDS)

Scene = dict[str, Any]


def write_set(out: Path, made: dict[str, Any], scenes: Sequence[Scene], assets: Path | None) -> None:
    """Write photos, labels, photos.csv and manifest.json into `out`; files of an earlier, longer set are removed.

    Args:
        out: folder of the set; pictures lie in `.scenes/`.
        made: hazard, seed and versions, for the manifest.
        scenes: as the studio describes them.
        assets: folder whose assets.csv tells whom to name.
    """
    for folder in ("photos", "labels"):
        (out / folder).mkdir(exist_ok=True)
    source = f"rendered-{TOPICS[made['hazard']]}"
    rows = [_write_frame(out, scene, frame, source) for scene, frame in _frames(scenes)]
    kept = {Path(row["photo"]).stem for row in rows}
    for path in [*(out / "photos").iterdir(), *(out / "labels").iterdir()]:
        if path.stem not in kept:
            path.unlink()
    manifest = _manifest(made, scenes, rows, assets)
    _replace(out / "labels.txt", "\n".join(_LABELS) + "\n")
    _replace(out / "photos.csv", _table(rows))
    _replace(out / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def read_manifest(out: Path) -> dict[str, Any] | None:
    """How the set in `out` came to be, or None where there is none."""
    path = out / "manifest.json"
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def restore_scenes(out: Path, folder: Path, manifest: dict[str, Any]) -> None:
    """Put whole scenes of the set back among the finished ones, so that a set from elsewhere can grow.

    A scene whose photos are missing or changed is left to be rendered again.
    """
    for scene in manifest["scenes"]:
        path = folder / f"{scene['name']}.json"
        photos = [out / "photos" / photo["file"] for photo in scene["photos"]]
        intact = all(
            photo.is_file() and hashlib.sha256(photo.read_bytes()).hexdigest() == row["sha256"]
            for photo, row in zip(photos, scene["photos"], strict=True)
        )
        if path.is_file() or not scene["whole"] or not intact:
            continue
        for photo in photos:
            (folder / photo.name).unlink(missing_ok=True)
            os.link(photo, folder / photo.name)
        frames = [_frame(photo) for photo in scene["photos"]]
        own = {key: scene[key] for key in ("name", "seed", "studio_sha256")}
        content = {**own, "hazard": manifest["hazard"], "frames": frames}
        _replace(path, json.dumps(content, indent=1))


def _frame(photo: dict[str, Any]) -> dict[str, Any]:
    """A photo of the manifest, as the studio describes it."""
    width, height = photo["size"]
    boxes = [{"label": label, "box": box} for label, *box in photo["boxes"]]
    kept = {key: photo[key] for key in ("file", "state", "pair")}
    return {**kept, "width": width, "height": height, "boxes": boxes}


def _frames(scenes: Sequence[Scene]) -> Iterator[tuple[Scene, dict[str, Any]]]:
    for scene in scenes:
        for frame in scene["frames"]:
            yield scene, frame


def _write_frame(out: Path, scene: Scene, frame: dict[str, Any], source: str) -> dict[str, str]:
    """Put the picture and its boxes into place; its row."""
    data = (out / ".scenes" / frame["file"]).read_bytes()
    photo = out / "photos" / frame["file"]
    photo.unlink(missing_ok=True)
    os.link(out / ".scenes" / frame["file"], photo)
    lines = [_line(box["label"], box["box"], frame) for box in frame["boxes"]]
    _replace(out / "labels" / f"{photo.stem}.txt", "".join(f"{line}\n" for line in lines))
    return {
        "photo": f"photos/{photo.name}",
        "width": str(frame["width"]),
        "height": str(frame["height"]),
        "sha256": hashlib.sha256(data).hexdigest(),
        "source": source,
        "licence": LICENCE,
        "attribution": "see credits in manifest.json",
        "provenance": "rendered",
        "group": scene["name"],
        "looked_for": " ".join(_LABELS),
        "labels": " ".join(sorted({box["label"] for box in frame["boxes"]})),
    }


def _line(label: str, box: Sequence[int], frame: dict[str, Any]) -> str:
    """`id cx cy w h`, fractions, of a box in pixels."""
    x_min, y_min, x_max, y_max = box
    width, height = frame["width"], frame["height"]
    values = (
        (x_min + x_max) / 2 / width,
        (y_min + y_max) / 2 / height,
        (x_max - x_min) / width,
        (y_max - y_min) / height,
    )
    return " ".join([str(_LABELS.index(label)), *(f"{value:.6f}" for value in values)])


def _table(rows: Sequence[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _manifest(
    made: dict[str, Any], scenes: Sequence[Scene], rows: Sequence[dict[str, str]], assets: Path | None
) -> dict[str, Any]:
    hashes = {Path(row["photo"]).name: row["sha256"] for row in rows}
    return {
        **made,
        "licence": LICENCE,
        "photos": len(rows),
        "boxes": _count(box["label"] for _, frame in _frames(scenes) for box in frame["boxes"]),
        "states": _count(frame["state"] for _, frame in _frames(scenes)),
        "credits": _credits(assets),
        "scenes": [
            {
                "name": scene["name"],
                "seed": scene["seed"],
                "studio_sha256": scene["studio_sha256"],
                "whole": scene.get("whole", True),
                "photos": [
                    {
                        "file": frame["file"],
                        "sha256": hashes[frame["file"]],
                        "state": frame["state"],
                        "pair": frame["pair"],
                        "size": [frame["width"], frame["height"]],
                        "boxes": [[box["label"], *box["box"]] for box in frame["boxes"]],
                    }
                    for frame in scene["frames"]
                ],
            }
            for scene in scenes
        ],
    }


def _count(words: Iterator[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for word in words:
        counted[word] = counted.get(word, 0) + 1
    return dict(sorted(counted.items()))


def _credits(assets: Path | None) -> list[dict[str, str]]:
    """File, author and licence of every asset that may be in the pictures and whose licence asks for a name."""
    table = None if assets is None else assets / "assets.csv"
    if table is None or not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["licence"].startswith(("CC BY", "MIT", "Apache"))]
    return [
        {"file": row["file"], "author": row["author"], "licence": row["licence"], "source": row["source_repo"]}
        for row in rows
    ]


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
