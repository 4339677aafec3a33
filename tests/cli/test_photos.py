import os
from pathlib import Path

import pytest

from hazardlens.cli.errors import FileMissingError, FileTooLargeError, FileUnreadableError
from hazardlens.cli.photos import PHOTO_SUFFIXES, VIDEO_SUFFIXES, find_photos, read_file


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _names(folder: Path, *paths: Path) -> list[str]:
    found = find_photos(paths or [folder])
    return [candidate.path.relative_to(folder).as_posix() for candidate in found.candidates]


def test_a_folder_is_walked_by_name_to_the_bottom(tmp_path: Path) -> None:
    _touch(tmp_path, "b.jpg", "a/z.png", "a/deep/er/y.webp", "c.JPEG")
    assert _names(tmp_path) == ["a/deep/er/y.webp", "a/z.png", "b.jpg", "c.JPEG"]


def test_other_and_hidden_files_are_skipped_and_counted(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "notes.txt", "film.avi", ".hidden.jpg", ".trash/old.jpg")
    found = find_photos([tmp_path])
    assert [candidate.path.name for candidate in found.candidates] == ["a.jpg"]
    assert found.skipped == 4


@pytest.mark.parametrize("suffix", sorted(PHOTO_SUFFIXES | VIDEO_SUFFIXES))
def test_every_photo_suffix_is_found(tmp_path: Path, suffix: str) -> None:
    _touch(tmp_path, f"a{suffix}")
    assert _names(tmp_path) == [f"a{suffix}"]


def test_a_file_named_on_the_command_line_needs_no_suffix(tmp_path: Path) -> None:
    _touch(tmp_path, "upload", ".hidden.jpg")
    assert _names(tmp_path, tmp_path / "upload", tmp_path / ".hidden.jpg") == ["upload", ".hidden.jpg"]


def test_a_photo_named_twice_is_found_once(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "b.jpg")
    assert _names(tmp_path, tmp_path / "b.jpg", tmp_path, tmp_path / "a.jpg") == ["b.jpg", "a.jpg"]


def test_links_to_folders_are_followed_but_never_round_in_circles(tmp_path: Path) -> None:
    _touch(tmp_path, "in/a.jpg", "far/b.jpg")
    (tmp_path / "in" / "up").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "far").symlink_to(tmp_path / "far", target_is_directory=True)
    assert _names(tmp_path, tmp_path / "in") == ["in/a.jpg", "in/far/b.jpg"]


@pytest.mark.parametrize("target", ["gone.jpg", "self.jpg"])
def test_a_link_to_nowhere_is_a_problem_of_that_photo_only(tmp_path: Path, target: str) -> None:
    _touch(tmp_path, "a.jpg")
    (tmp_path / "self.jpg").symlink_to(tmp_path / target)
    good, bad = find_photos([tmp_path]).candidates
    assert good.error is None
    assert isinstance(bad.error, (FileMissingError, FileUnreadableError))


def test_a_missing_path_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg")
    missing, good = find_photos([tmp_path / "nope.jpg", tmp_path / "a.jpg"]).candidates
    assert isinstance(missing.error, FileMissingError)
    assert good.error is None


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    (candidate,) = find_photos([tmp_path / ("x" * 300)]).candidates
    assert isinstance(candidate.error, FileUnreadableError)


def test_pipes_in_a_folder_are_skipped_for_they_would_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    found = find_photos([tmp_path])
    assert (found.candidates, found.skipped) == ((), 1)


def test_the_folder_for_copies_is_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg", "out/a.jpg")
    found = find_photos([tmp_path], leave_out=tmp_path / "out")
    assert [candidate.path for candidate in found.candidates] == [tmp_path / "a.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_told(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    (candidate,) = find_photos([locked]).candidates
    assert isinstance(candidate.error, FileUnreadableError)


def test_reading_gives_the_bytes(tmp_path: Path) -> None:
    _touch(tmp_path, "a.jpg")
    assert read_file(tmp_path / "a.jpg") == b"x"


def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    huge = tmp_path / "disk.jpg"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileTooLargeError, match="more than 1 MiB"):
        read_file(huge, max_bytes=1 << 20)


def test_a_file_that_vanished_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_file(tmp_path / "gone.jpg")
