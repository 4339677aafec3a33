"""An export is at its place whole or not at all, and a zip can be of any size without being held."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazardlens.model.errors import ExportInvalidError
from hazardlens.model.exports import ExportItem, read_export, write_export
from hazardlens.model.exports.entries import Entry, write_folder, write_zip, zip_chunks
from hazardlens.model.exports.writing import LeftOut, ReviewedForm, export_entries
from support.exports import HEAD, NOON, item, make_export, photo_file, two_items


def _that_fails() -> Iterator[ExportItem]:
    yield from two_items()
    raise RuntimeError("the store is gone")


def test_a_failure_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="gone"):
        write_export(tmp_path / "out", _that_fails(), HEAD)
    entries = export_entries(ReviewedForm(), _that_fails(), HEAD, tmp_path)
    with pytest.raises(RuntimeError, match="gone"):
        write_zip(tmp_path / "out.zip", entries, NOON)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    make_export(tmp_path / "out")
    (tmp_path / "out.zip").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="out"):
        make_export(tmp_path / "out", [])
    with pytest.raises(FileExistsError, match=r"out\.zip"):
        write_zip(tmp_path / "out.zip", [], NOON)
    assert (tmp_path / "out.zip").read_bytes() == b"mine"
    assert len(list(read_export(tmp_path / "out").reports())) == 2


def test_a_photo_must_be_what_its_report_says(tmp_path: Path) -> None:
    right = item(1, [])
    with pytest.raises(ExportInvalidError, match="another sha256"):
        make_export(tmp_path / "out", [ExportItem(right.report, (photo_file((65, 48), "red"),))])
    wide = right.report.photos[0].model_copy(update={"width": 66})
    with pytest.raises(ExportInvalidError, match="not 66x48"):
        make_export(tmp_path / "out", [ExportItem(right.report.model_copy(update={"photos": (wide,)}), right.contents)])


def test_a_photo_that_came_twice_is_written_once(tmp_path: Path) -> None:
    first = item(1, [("stacked_clutter", (1, 1, 5, 5))])
    second = ExportItem(first.report.model_copy(update={"report_id": f"{2:032x}"}), first.contents)
    folder = make_export(tmp_path / "out", [first, second])
    assert len(list((folder / "photos").iterdir())) == 1
    assert read_export(folder).manifest.counts.photos == 2


def test_a_label_that_nobody_told_of_is_listed(tmp_path: Path) -> None:
    folder = make_export(tmp_path / "out", [item(1, [("loose_tile", (1, 1, 5, 5))])])
    labels = read_export(folder).manifest.labels
    assert (labels[-1].name, labels[-1].hazard) == ("loose_tile", None)


def test_reports_that_are_left_out_are_named(tmp_path: Path) -> None:
    folder = make_export(tmp_path / "out", [LeftOut("f" * 32), *two_items(), LeftOut("e" * 32)])
    assert read_export(folder).manifest.left_out == ("f" * 32, "e" * 32)


def test_an_export_of_nothing_is_an_export(tmp_path: Path) -> None:
    with read_export(make_export(tmp_path / "out", [])) as export:
        assert list(export.reports()) == []


def test_a_zip_is_read_by_other_programs(tmp_path: Path) -> None:
    write_zip(tmp_path / "out.zip", export_entries(ReviewedForm(), two_items(), HEAD, tmp_path), NOON)
    tested = subprocess.run(["python3", "-m", "zipfile", "-t", tmp_path / "out.zip"], capture_output=True, check=False)
    assert (tested.returncode, tested.stdout) == (0, b"Done testing\n")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(2026, 3, 4, 12, 0, 0)}
    packed = {entry.filename.rpartition(".")[2]: entry.compress_type for entry in entries}
    assert packed == {"png": zipfile.ZIP_STORED, "jsonl": zipfile.ZIP_DEFLATED, "json": zipfile.ZIP_DEFLATED}


def test_a_zip_goes_out_while_it_is_made() -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            made.append(number)
            yield bytes(1000)

    chunks = zip_chunks([Entry("a.jpg", pieces())], NOON)
    for _ in range(10):
        assert len(next(chunks)) < 2000
    assert len(made) == 10


def test_a_zip_that_was_cut_off_is_no_zip() -> None:
    chunks = list(zip_chunks([Entry("a.txt", [b"a"]), Entry("b.txt", [b"b"])], NOON))
    assert zipfile.is_zipfile(io.BytesIO(b"".join(chunks)))
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(chunks[:-1])))


def test_a_folder_holds_what_it_was_given(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", [Entry("a/b/c.txt", [b"1", b"2"]), Entry("d.txt", [])])
    assert (tmp_path / "out/a/b/c.txt").read_bytes() == b"12"
    assert (tmp_path / "out/d.txt").read_bytes() == b""
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
