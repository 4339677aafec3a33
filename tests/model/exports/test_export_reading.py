"""Whatever is wrong with a reviewed export is found before anything of it is used, in a folder as in a zip."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from hazardlens.model.errors import ExportInvalidError, ExportMissingError
from hazardlens.model.exports import read_export, reading
from support.exports import make_export, photo_file, two_items

Spoil = Callable[[Path], object]


def _first_photo(folder: Path) -> Path:
    return min((folder / "photos").iterdir())


def _edit(folder: Path, **changes: object) -> None:
    file = folder / "export.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def _replace_lines(folder: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Change the reports, and let the manifest say that they always were so."""
    file = folder / "reports.jsonl"
    file.write_text("".join(f"{line}\n" for line in change(file.read_text().splitlines())))
    files = json.loads((folder / "export.json").read_text())["files"]
    _edit(folder, files={**files, "reports.jsonl": hashlib.sha256(file.read_bytes()).hexdigest()})


def _replace_photo(folder: Path, content: bytes) -> None:
    """Put another photo in the place of the first one, and let all files say that it always was there."""
    old = _first_photo(folder)
    sha256 = hashlib.sha256(content).hexdigest()
    old.rename(old.with_name(f"{sha256}.png")).write_bytes(content)
    manifest = folder / "export.json"
    manifest.write_text(manifest.read_text().replace(old.stem, sha256))
    _replace_lines(folder, lambda lines: [line.replace(old.stem, sha256) for line in lines])


def _sideways() -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (65, 48)).save(out, "PNG", exif=exif)
    return out.getvalue()


def _as_zip(folder: Path, *, top: str = "", **options: int) -> Path:
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, top + file.relative_to(folder).as_posix(), **options)
    return target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_export(tmp_path / "corrections")


FORMS: dict[str, Callable[[Path], Path]] = {
    "a folder": lambda folder: folder,
    "a zip": _as_zip,
    "a packed zip": lambda folder: _as_zip(folder, compress_type=zipfile.ZIP_DEFLATED),
    "a zip of the folder itself": lambda folder: _as_zip(folder, top="corrections/"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_was_written_is_read(folder: Path, form: Callable[[Path], Path]) -> None:
    wanted = two_items()
    with read_export(form(folder)) as export:
        assert list(export.reports()) == [item.report for item in wanted]
        assert list(export.reports()) == [item.report for item in wanted], "a second time too"
        for item in wanted:
            assert tuple(export.read_photo(photo) for photo in item.report.photos) == item.contents
        counts = export.manifest.counts
    assert (counts.reports, counts.photos, counts.negatives) == (2, 3, 2)
    assert counts.verdicts == {"confirm": 1, "reject": 1}
    assert counts.boxes == {"exit_door": 1, "stacked_clutter": 1}


def test_progress_is_told_file_by_file(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    read_export(folder, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


INVALID: dict[str, tuple[Spoil, str]] = {
    "a changed photo": (lambda folder: _first_photo(folder).write_bytes(photo_file()), "sha256"),
    "a changed report": (lambda folder: (folder / "reports.jsonl").write_text("{}\n"), "reports.jsonl: sha256"),
    "a manifest that is no JSON": (lambda folder: (folder / "export.json").write_text("{"), "export.json"),
    "a source of two lines": (lambda folder: _edit(folder, source="x\ndownload: exit(1)"), "source"),
    "another schema": (lambda folder: _edit(folder, schema_version=3), "schema_version"),
    "a broken line": (lambda folder: _replace_lines(folder, lambda lines: [lines[0], "{}"]), "line 2"),
    "a report that is there twice": (lambda folder: _replace_lines(folder, lambda lines: lines * 2), "more than once"),
    "a photo that no report has": (lambda folder: _replace_lines(folder, lambda lines: lines[:1]), "no report has it"),
    "a label that is not listed": (lambda folder: _edit(folder, labels=[]), "'blocked_exit' is not among"),
    "wrong counts": (
        lambda folder: _edit(
            folder, counts={"reports": 3, "photos": 3, "negatives": 2, "verdicts": {}, "categories": {}, "boxes": {}}
        ),
        "counts",
    ),
    "a report that was left out": (lambda folder: _edit(folder, left_out=[f"{1:032x}"]), "left out"),
    "a photo of another size": (lambda folder: _replace_photo(folder, photo_file((65, 50))), "is 65x50"),
    "a photo that has to be turned": (lambda folder: _replace_photo(folder, _sideways()), "not upright"),
    "a photo that is none": (lambda folder: _replace_photo(folder, b"text"), "expected JPEG"),
    "a photo with a broken header": (lambda folder: _replace_photo(folder, photo_file()[:20]), "header"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("spoil", "why"), INVALID.values(), ids=INVALID)
def test_refuses(folder: Path, form: Callable[[Path], Path], spoil: Spoil, why: str) -> None:
    spoil(folder)
    with pytest.raises(ExportInvalidError, match=why):
        read_export(form(folder))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", ["export.json", "reports.jsonl", "photos"])
def test_names_what_is_missing(folder: Path, form: Callable[[Path], Path], name: str) -> None:
    gone = _first_photo(folder) if name == "photos" else folder / name
    gone.unlink()
    with pytest.raises(ExportMissingError, match=gone.name):
        read_export(form(folder))


def test_an_export_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ExportMissingError, match="nowhere"):
        read_export(tmp_path / "nowhere")


def test_a_photo_that_changes_later_is_not_handed_out(folder: Path) -> None:
    with read_export(folder) as export:
        report = next(export.reports())
        (folder / report.photos[0].file).write_bytes(photo_file())
        with pytest.raises(ExportInvalidError, match="sha256"):
            export.read_photo(report.photos[0])


@pytest.mark.parametrize(
    ("limit", "why"),
    [("MAX_MANIFEST_BYTES", "export.json: more"), ("MAX_PHOTO_BYTES", "png: more"), ("MAX_LINE_BYTES", "line 1: more")],
)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_file_is_read_beyond_its_limit(
    folder: Path, form: Callable[[Path], Path], limit: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, limit, 50)
    with pytest.raises(ExportInvalidError, match=why):
        read_export(form(folder))


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def _damaged(path: Path) -> None:
    content = path.read_bytes()
    at = content.index(b"reports.jsonl") + 100
    path.write_bytes(content[:at] + bytes(20) + content[at + 20 :])


def _encrypted(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + flags_at] |= 1
    path.write_bytes(content)


ZIPS: dict[str, tuple[Spoil, str]] = {
    "text": (lambda path: path.write_text("not a zip"), "neither a folder nor a zip"),
    "cut off": (_truncated, "neither a folder nor a zip"),
    "damaged": (_damaged, "cannot be read from the zip"),
    "encrypted": (_encrypted, "is encrypted"),
}


@pytest.mark.parametrize(("spoil", "why"), ZIPS.values(), ids=ZIPS)
def test_refuses_a_zip_that_is(folder: Path, spoil: Spoil, why: str) -> None:
    path = _as_zip(folder)
    spoil(path)
    with pytest.raises(ExportInvalidError, match=why):
        read_export(path)


def test_refuses_a_zip_with_two_files_of_one_name(folder: Path) -> None:
    path = _as_zip(folder)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("export.json", "{}")
    with pytest.raises(ExportInvalidError, match="more than once"):
        read_export(path)


def test_a_zip_writes_nothing_anywhere(folder: Path, tmp_path: Path) -> None:
    path = _as_zip(folder)
    shutil.rmtree(folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../outside.txt", "out")
        archive.writestr("/outside.txt", "out")
    with read_export(path) as export:
        assert len(list(export.reports())) == 2
    assert list(tmp_path.iterdir()) == [path]
