"""Bundles are written whole or not at all, and an 8-bit one with its float graph."""

import os
from pathlib import Path

import pytest

from hazardlens.model.bundle import FLOAT_FILE, float_graph, read_bundle, write_bundle
from hazardlens.model.errors import BundleChecksumError, BundleInvalidError
from support.bundle_parts import FLOAT_ONNX, GOOD_ONNX, bad_graph, names_in
from support.tiny_bundle import (
    make_tiny_bundle,
    tiny_draft,
)


@pytest.mark.parametrize(
    ("onnx_bytes", "message"),
    [
        pytest.param(b"no graph", r"^model\.onnx: ", id="noise"),
        pytest.param(b"", r"^model\.onnx: no ONNX graph in it", id="nothing"),
        pytest.param(
            bad_graph("external"), r"^model\.onnx: weights in files of their own: far_away", id="external data"
        ),
        pytest.param(
            bad_graph("foreign"), "operators outside the ONNX standard: com.microsoft.ReduceMean", id="foreign"
        ),
    ],
)
def test_a_bad_graph_is_never_written(path: Path, onnx_bytes: bytes, message: str) -> None:
    before = {file.name: file.read_bytes() for file in path.iterdir()}

    with pytest.raises(BundleInvalidError, match=message):
        write_bundle(path, onnx_bytes=onnx_bytes, card="# Bad", draft=tiny_draft())

    assert {file.name: file.read_bytes() for file in path.iterdir()} == before
    assert names_in(path.parent) == [path.name]


def test_a_new_bundle_replaces_the_old_one_whole(path: Path) -> None:
    (path / "notes.txt").write_text("of the old one")

    fresh = make_tiny_bundle(path, version="0.2")

    assert fresh.manifest.version == "0.2"
    assert not (path / "notes.txt").exists()
    assert names_in(path.parent) == [path.name]


def test_the_old_bundle_stays_when_the_disk_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        make_tiny_bundle(path, version="0.2")

    assert read_bundle(path).manifest.version == "0.1"
    assert names_in(path.parent) == [path.name]


def test_the_old_bundle_comes_back_when_the_new_one_cannot_be_moved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail_for_new(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(OSError, match="Input/output"):
        make_tiny_bundle(path, version="0.2")

    assert read_bundle(path).manifest.version == "0.1"


@pytest.fixture
def eight_bit(tmp_path: Path) -> Path:
    """A bundle that says that its graph is 8-bit; the one beside it finds nothing."""
    draft = tiny_draft().model_copy(update={"weights": "int8"})
    path = tmp_path / "eight"
    write_bundle(path, onnx_bytes=GOOD_ONNX, card="# Eight\n", draft=draft, float_bytes=FLOAT_ONNX)
    return path


def test_an_8_bit_bundle_keeps_its_float_graph(eight_bit: Path) -> None:
    bundle = read_bundle(eight_bit)

    assert names_in(eight_bit) == ["MODEL_CARD.md", "manifest.json", FLOAT_FILE, "model.onnx"]
    assert bundle.onnx_bytes == GOOD_ONNX
    assert float_graph(bundle) == FLOAT_ONNX


def test_the_float_graph_of_a_float_bundle_is_its_own(path: Path) -> None:
    bundle = read_bundle(path)

    assert float_graph(bundle) is bundle.onnx_bytes


def test_a_float_graph_that_changes_is_noticed(eight_bit: Path) -> None:
    bundle = read_bundle(eight_bit)
    (eight_bit / FLOAT_FILE).write_bytes(GOOD_ONNX)

    with pytest.raises(BundleChecksumError, match=r"^model\.float32\.onnx: sha256"):
        float_graph(bundle)
    with pytest.raises(BundleChecksumError, match=r"^model\.float32\.onnx: sha256"):
        read_bundle(eight_bit)


@pytest.mark.parametrize(("weights", "content"), [("int8", None), ("float32", FLOAT_ONNX)])
def test_a_float_graph_belongs_to_an_8_bit_bundle_only(path: Path, weights: str, content: bytes | None) -> None:
    draft = tiny_draft().model_copy(update={"weights": weights})

    with pytest.raises(BundleInvalidError, match=r"files: expected model\.onnx, MODEL_CARD\.md"):
        write_bundle(path, onnx_bytes=GOOD_ONNX, card="# Odd", draft=draft, float_bytes=content)


def test_a_bad_float_graph_is_refused_by_its_name(path: Path) -> None:
    draft = tiny_draft().model_copy(update={"weights": "int8"})

    with pytest.raises(BundleInvalidError, match=r"^model\.float32\.onnx: operators outside"):
        write_bundle(path, onnx_bytes=GOOD_ONNX, card="# Odd", draft=draft, float_bytes=bad_graph("foreign"))
