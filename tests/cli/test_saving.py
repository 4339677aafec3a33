from pathlib import Path
from typing import Self

import pytest

from hazardlens.cli.errors import SaveFolderError
from hazardlens.cli.saving import SaveFolder


def test_photos_of_one_name_get_copies_of_different_names(tmp_path: Path) -> None:
    folder = SaveFolder(tmp_path / "out")
    saved = [folder.write(Path(photo), photo.encode()) for photo in ("a/x.jpg", "b/x.jpg", "b/x.png", "b/y.jpg")]
    assert [path.name for path in saved] == ["x.jpg", "x-2.jpg", "x-3.jpg", "y.jpg"]
    assert [path.read_text() for path in saved] == ["a/x.jpg", "b/x.jpg", "b/x.png", "b/y.jpg"]


def test_what_lies_there_from_before_stays(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_text("mine")
    assert SaveFolder(tmp_path).write(Path("x.jpg"), b"new").name == "x-2.jpg"
    assert (tmp_path / "x.jpg").read_text() == "mine"


def test_a_link_that_lies_there_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").symlink_to(tmp_path / "elsewhere")
    assert SaveFolder(tmp_path).write(Path("x.jpg"), b"new").name == "x-2.jpg"
    assert not (tmp_path / "elsewhere").exists()


def test_a_numbered_name_that_exists_is_passed_over(tmp_path: Path) -> None:
    folder = SaveFolder(tmp_path)
    names = [folder.write(Path(photo), b"").name for photo in ("x-2.jpg", "x.jpg", "a/x.jpg")]
    assert names == ["x-2.jpg", "x.jpg", "x-3.jpg"]


@pytest.mark.parametrize("stem", ["长" * 80, "x" * 250, "é" * 120])
def test_a_long_name_is_shortened(tmp_path: Path, stem: str) -> None:
    folder = SaveFolder(tmp_path)
    for _ in range(2):
        assert folder.write(Path(f"{stem}.png"), b"x").read_bytes() == b"x"


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(SaveFolderError, match="out: cannot save annotated copies there"):
        SaveFolder(tmp_path / "out")


def test_a_full_disk_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = SaveFolder(tmp_path)
    real_open = Path.open

    class _Full:
        def __init__(self, path: Path) -> None:
            self._file = real_open(path, "xb")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *args: object) -> None:
            self._file.close()

        def write(self, content: bytes) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda path, mode: _Full(path))
    with pytest.raises(SaveFolderError, match="No space left"):
        folder.write(Path("x.jpg"), b"content")
    assert list(tmp_path.iterdir()) == []
