"""Bundles on disk: written whole or not at all, read only when every byte is the right one."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import external_data_helper, numpy_helper

from hazardlens.model import bundle as bundle_module
from hazardlens.model.bundle import FLOAT_FILE, Bundle, float_graph, model_view, read_bundle, write_bundle
from hazardlens.model.errors import BundleChecksumError, BundleError, BundleInvalidError, BundleMissingError
from hazardlens.model.taxonomy import Category
from support.tiny_bundle import (
    TINY_BOXES,
    TINY_LABELS,
    TINY_SIZE_PX,
    make_tiny_bundle,
    tiny_draft,
    tiny_onnx,
    tiny_output,
)

GOOD_ONNX = tiny_onnx(tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX))
FLOAT_ONNX = tiny_onnx(tiny_output(TINY_LABELS, (), TINY_SIZE_PX))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_tiny_bundle(tmp_path / "bundle").path


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def rewrite_manifest(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    file = path / "manifest.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


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


def bad_graph(kind: str) -> bytes:
    proto = onnx.load_from_string(GOOD_ONNX)
    if kind == "external":
        tensor = numpy_helper.from_array(np.zeros(2, np.float32), "far_away")
        external_data_helper.set_external_data(tensor, location="../../etc/passwd")
        proto.graph.initializer.append(tensor)
    else:
        proto.graph.node[0].domain = "com.microsoft"
    return bytes(proto.SerializeToString())


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


def test_what_triage_gets_to_know(path: Path) -> None:
    manifest = read_bundle(path).manifest

    view = model_view(manifest.labels, manifest.calibration)

    assert [(rule.name, rule.hazard, rule.threshold) for rule in view.labels] == [
        ("stacked_clutter", Category.STACKED_CLUTTER, 0.25),
        ("manhole_open", Category.RAISED_MANHOLE_COVER, 0.25),
        ("exit_door", None, 0.25),
    ]
    assert view.curves[Category.STACKED_CLUTTER](0.5) == pytest.approx(0.5)


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


def test_a_bundle_of_the_first_schema_is_read(path: Path) -> None:
    def as_it_was(document: dict[str, object]) -> None:
        document["schema_version"] = 1
        del document["weights"]
        curves = document["calibration"]
        assert isinstance(curves, list)
        for curve in curves:
            for key in ("basis", "made_positives", "made_negatives", "stands_from"):
                del curve[key]

    rewrite_manifest(path, as_it_was)
    manifest = read_bundle(path).manifest
    view = model_view(manifest.labels, manifest.calibration)

    assert [curve.basis for curve in manifest.calibration] == [None, None]
    assert view.curves[Category.STACKED_CLUTTER].stands_from == 0.0
    assert not any(curve.abstains for curve in manifest.calibration)


@pytest.mark.parametrize(
    ("basis", "stands_from", "expected"),
    [("real", 0.4, 0.4), ("made", 0.6, 0.6), ("real", None, None), ("none", None, None)],
)
def test_triage_gets_to_know_from_where_a_hazard_stands_alone(
    basis: str, stands_from: float | None, expected: float | None
) -> None:
    curve = tiny_draft().calibration[0].model_copy(update={"basis": basis, "stands_from": stands_from})

    assert model_view((), (curve,)).curves[curve.hazard].stands_from == expected
    assert curve.abstains == (expected is None)


def test_every_refusal_is_a_bundle_error(path: Path) -> None:
    assert {BundleMissingError, BundleChecksumError, BundleInvalidError} <= set(BundleError.__subclasses__())
    assert isinstance(read_bundle(path), Bundle)
