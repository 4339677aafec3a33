"""Bundles are read only when every byte is the right one; what is missing, changed or none is named."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hazardlens.model import bundle as bundle_module
from hazardlens.model.bundle import Bundle, read_bundle
from hazardlens.model.errors import BundleChecksumError, BundleError, BundleInvalidError, BundleMissingError
from support.bundle_parts import names_in, rewrite_manifest
from support.tiny_bundle import (
    TINY_LABELS,
)


def test_what_was_written_is_read(path: Path) -> None:
    read = read_bundle(path)

    assert names_in(path) == ["MODEL_CARD.md", "manifest.json", "model.onnx"]
    assert read.path == path
    assert read.labels == TINY_LABELS
    assert read.manifest.files.keys() == {"model.onnx", "MODEL_CARD.md"}
    assert read.onnx_bytes == (path / "model.onnx").read_bytes()


def test_the_manifest_is_for_people_too(path: Path) -> None:
    text = (path / "manifest.json").read_text()

    assert text.endswith("}\n")
    assert '\n  "name": "tiny",\n' in text


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json", "MODEL_CARD.md"])
def test_a_missing_file_is_named(path: Path, name: str) -> None:
    (path / name).unlink()

    with pytest.raises(BundleMissingError, match=f"^{name}: not in the bundle"):
        read_bundle(path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleMissingError, match="no such bundle folder"):
        read_bundle(tmp_path / "none")


@pytest.mark.parametrize("name", ["model.onnx", "MODEL_CARD.md"])
def test_one_changed_byte_is_noticed(path: Path, name: str) -> None:
    content = bytearray((path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (path / name).write_bytes(content)

    with pytest.raises(BundleChecksumError, match=f"^{name}: sha256 is [0-9a-f]{{64}}, the manifest says"):
        read_bundle(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "manifest.json: the file: Invalid JSON", id="empty"),
        pytest.param(b"\xff\xfe", "manifest.json: the file: Invalid JSON", id="not UTF-8"),
        pytest.param(b"[]", "manifest.json: the file:", id="a list"),
        pytest.param(b"{}", r"manifest.json: name: Field required \(and \d+ more\)", id="an empty object"),
        pytest.param(b"[" * 100_000, "manifest.json: the file: Invalid JSON", id="nested without end"),
        pytest.param(b'{"name": ' * 100_000, "manifest.json: the file: Invalid JSON", id="objects without end"),
        pytest.param(b'{"name": ' + b"9" * 900_000 + b"}", "manifest.json: ", id="a number without end"),
        pytest.param(b" " * 1_048_577, "manifest.json: more than 1048576 bytes", id="more than a megabyte"),
    ],
)
def test_a_manifest_that_is_none_is_refused(path: Path, content: bytes, message: str) -> None:
    (path / "manifest.json").write_bytes(content)

    with pytest.raises(BundleInvalidError, match=message):
        read_bundle(path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({}, "expected model.onnx, MODEL_CARD.md, found none", id="nothing"),
        pytest.param({"model.onnx": "0" * 64}, "found model.onnx$", id="no card"),
        pytest.param(
            {"model.onnx": "0" * 64, "MODEL_CARD.md": "0" * 64, "weights.bin": "0" * 64},
            "found .*weights.bin",
            id="one too many",
        ),
        pytest.param({"../model.onnx": "0" * 64}, "files", id="a way out"),
        pytest.param({"/etc/passwd": "0" * 64}, "files", id="an absolute path"),
    ],
)
def test_other_files_than_a_bundle_has_are_refused(path: Path, files: dict[str, str], message: str) -> None:
    rewrite_manifest(path, lambda document: document.update(files=files))

    with pytest.raises(BundleInvalidError, match=message):
        read_bundle(path)


@pytest.mark.parametrize(
    ("where", "document"),
    [
        (
            "labels",
            [
                {"name": f"l{n}", "hazard": None, "threshold": 0.5, "train_boxes": 0, "test_photos": 0}
                for n in range(1001)
            ],
        ),
        (
            "calibration",
            [{"hazard": "stacked_clutter", "scores": [0], "probabilities": [0], "photos": 0, "positives": 0}] * 99,
        ),
        ("training.config", {"deep": "["}),
    ],
    ids=["1,001 labels", "99 curves", "200 lists in each other"],
)
def test_a_manifest_of_more_than_a_detector_has_is_refused_soon(path: Path, where: str, document: object) -> None:
    if where == "training.config":
        text = (
            (path / "manifest.json").read_text().replace('"config": {}', f'"config": {{"x": {"[" * 300}{"]" * 300}}}')
        )
        (path / "manifest.json").write_text(text)
        where = "the file"
    else:
        rewrite_manifest(path, lambda manifest: manifest.update({where: document}))
    began = time.perf_counter()

    with pytest.raises(BundleInvalidError, match=f"manifest.json: {where}"):
        read_bundle(path)
    assert time.perf_counter() - began < 5


def test_files_beyond_the_limit_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "_LIMITS", {"model.onnx": 100, "MODEL_CARD.md": 100})

    with pytest.raises(BundleInvalidError, match=r"^model\.onnx: more than 100 bytes"):
        read_bundle(path)


def test_a_folder_in_place_of_a_file_is_refused(path: Path) -> None:
    (path / "model.onnx").unlink()
    (path / "model.onnx").mkdir()

    with pytest.raises(BundleInvalidError, match=r"^model\.onnx: cannot be read: Is a directory"):
        read_bundle(path)


def _as_link(file: Path) -> None:
    file.rename(file.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent / "elsewhere")


def _as_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "MODEL_CARD.md"])
@pytest.mark.parametrize(("spoil", "message"), [(_as_link, "a link"), (_as_pipe, "no regular file")])
def test_a_link_or_a_pipe_in_place_of_a_file_is_refused(
    path: Path, name: str, spoil: Callable[[Path], None], message: str
) -> None:
    """A link would let a bundle show any file of the server; a pipe would never end."""
    spoil(path / name)
    with pytest.raises(BundleInvalidError, match=f"^{name}: cannot be read: {message}"):
        read_bundle(path)


def test_every_refusal_is_a_bundle_error(path: Path) -> None:
    assert {BundleMissingError, BundleChecksumError, BundleInvalidError} <= set(BundleError.__subclasses__())
    assert isinstance(read_bundle(path), Bundle)
