"""The model bundle: the folder by which training hands a model to serving.

model.onnx, manifest.json and MODEL_CARD.md, each with its sha256 in the manifest. An 8-bit bundle also has
model.float32.onnx, the graph that it was made from: serving checks it and never loads it, training starts from it.
Reading a bundle checks everything that can be checked without running it, so that a bad one is refused by name and the
model in service stays.
"""

import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from hazardlens.model.errors import BundleChecksumError, BundleInvalidError, BundleMissingError
from hazardlens.model.manifest import (
    CalibrationCurve,
    InputSpec,
    LabelEntry,
    LabelNames,
    Manifest,
    ManifestDraft,
    Metrics,
    OutputSpec,
    TrainingInfo,
)
from hazardlens.model.onnx_rules import check_onnx
from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.values import Curve, LabelRule, ModelView

__all__ = [
    "CARD_FILE",
    "FLOAT_FILE",
    "MANIFEST_FILE",
    "ONNX_FILE",
    "SHIPPED_BUNDLE",
    "Bundle",
    "CalibrationCurve",
    "InputSpec",
    "LabelEntry",
    "LabelNames",
    "Manifest",
    "ManifestDraft",
    "Metrics",
    "OutputSpec",
    "TrainingInfo",
    "float_graph",
    "model_view",
    "read_bundle",
    "read_bundle_file",
    "triage_curves",
    "write_bundle",
]

ONNX_FILE: Final = "model.onnx"
FLOAT_FILE: Final = "model.float32.onnx"
MANIFEST_FILE: Final = "manifest.json"
CARD_FILE: Final = "MODEL_CARD.md"
SHIPPED_BUNDLE: Final = Path(__file__).parent / "shipped"

MAX_ONNX_BYTES: Final = 256 * 1024 * 1024
MAX_TEXT_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose files were checked.

    Attributes:
        path: its folder.
        manifest: its content.
        onnx_bytes: the graph as it was checked: a file that changes on disk later changes nothing here.
        sha256: of its manifest.json, which names the sha256 of all other files: two bundles of one sha256 are the same.
    """

    path: Path
    manifest: Manifest
    onnx_bytes: bytes
    sha256: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, by label id."""
        return tuple(label.name for label in self.manifest.labels)


def model_view(labels: tuple[LabelEntry, ...], calibration: tuple[CalibrationCurve, ...]) -> ModelView:
    """What triage has to know of a model."""
    rules = tuple(LabelRule(label.name, label.hazard, label.threshold) for label in labels)
    return ModelView(rules, triage_curves(calibration))


def triage_curves(calibration: Sequence[CalibrationCurve]) -> Mapping[Category, Curve]:
    """The curves as triage reads them."""
    curves = {
        # A bundle that does not state a basis was made before there was one: its curve alone decides.
        curve.hazard: Curve(curve.scores, curve.probabilities, 0.0 if curve.basis is None else curve.stands_from)
        for curve in calibration
    }
    return MappingProxyType(curves)


def read_bundle(path: Path) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleMissingError: the folder or a file of it is not there.
        BundleChecksumError: a file differs from its sha256 in the manifest.
        BundleInvalidError: the manifest breaks its schema or names other files than a bundle has, a file is too large,
            cannot be read or is none (a link, a pipe), or the graph is not one that may reach the runtime.
    """
    if not path.is_dir():
        raise BundleMissingError(f"{path}: no such bundle folder")
    manifest_bytes = read_bundle_file(path, MANIFEST_FILE, MAX_TEXT_BYTES)
    manifest = _parse_manifest(manifest_bytes)
    contents = {name: _read_checked(path, name, manifest) for name in manifest.files}
    for name in contents.keys() & {ONNX_FILE, FLOAT_FILE}:
        _check_graph(name, contents[name])
    return Bundle(path, manifest, contents[ONNX_FILE], hashlib.sha256(manifest_bytes).hexdigest())


def float_graph(bundle: Bundle) -> bytes:
    """The bundle's graph in float32, read again where the one that serves is 8-bit: what training starts from.

    Raises:
        BundleError: as `read_bundle`, where its file has changed since.
    """
    if FLOAT_FILE not in bundle.manifest.files:
        return bundle.onnx_bytes
    return _read_checked(bundle.path, FLOAT_FILE, bundle.manifest)


def write_bundle(
    path: Path, *, onnx_bytes: bytes, card: str, draft: ManifestDraft, float_bytes: bytes | None = None
) -> Bundle:
    """Write a bundle beside its place, check it as a reader would, and only then move it there.

    Args:
        path: the new folder; an older bundle of that name is replaced.
        onnx_bytes: the graph.
        card: the model card, Markdown.
        draft: the manifest without its list of files.
        float_bytes: the graph in float32, where `onnx_bytes` is 8-bit.

    Raises:
        BundleInvalidError: what was given is no valid bundle; nothing was written at `path`.
        OSError: the disk failed.
    """
    contents = {ONNX_FILE: onnx_bytes, CARD_FILE: card.encode()}
    if float_bytes is not None:
        contents[FLOAT_FILE] = float_bytes
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    document = {**draft.model_dump(mode="json", exclude={"files"}), "files": sums}
    contents[MANIFEST_FILE] = (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        fresh = workplace / "new"
        fresh.mkdir()
        for name, content in contents.items():
            _write_durably(fresh / name, content)
        read_bundle(fresh)
        _put_in_place(fresh, path, workplace / "old")
    finally:
        shutil.rmtree(workplace)
    return read_bundle(path)


def _put_in_place(fresh: Path, path: Path, old: Path) -> None:
    """Move a folder to its place. Folders cannot be exchanged in one step, so the older one steps aside first."""
    if not path.exists():
        fresh.rename(path)
        return
    path.rename(old)
    try:
        fresh.rename(path)
    except OSError:
        old.rename(path)
        raise


_LIMITS: Final = {ONNX_FILE: MAX_ONNX_BYTES, CARD_FILE: MAX_TEXT_BYTES}


def _expected_files(manifest: ManifestDraft) -> dict[str, int]:
    """Name and largest size of each file beside the manifest."""
    return _LIMITS | ({FLOAT_FILE: MAX_ONNX_BYTES} if manifest.weights == "int8" else {})


def _read_checked(folder: Path, name: str, manifest: Manifest) -> bytes:
    content = read_bundle_file(folder, name, _expected_files(manifest)[name])
    found = hashlib.sha256(content).hexdigest()
    if found != manifest.files[name]:
        raise BundleChecksumError(f"{name}: sha256 is {found}, the manifest says {manifest.files[name]}")
    return content


def read_bundle_file(folder: Path, name: str, max_bytes: int) -> bytes:
    """A file of a bundle: only if it is one, because a link leads elsewhere, and a pipe or a device never ends.

    Raises:
        BundleMissingError: it is not there.
        BundleInvalidError: it is no regular file, too large, or cannot be read.
    """
    try:
        # Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
        with open(folder / name, "rb", opener=_open_no_link) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise BundleInvalidError(f"{name}: cannot be read: no regular file")
            content = stream.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise BundleMissingError(f"{name}: not in the bundle {folder}") from error
    except OSError as error:
        why = "a link" if error.errno == errno.ELOOP else error.strerror
        raise BundleInvalidError(f"{name}: cannot be read: {why}") from error
    if len(content) > max_bytes:
        raise BundleInvalidError(f"{name}: more than {max_bytes} bytes")
    return content


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _parse_manifest(content: bytes) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BundleInvalidError(f"{MANIFEST_FILE}: {where}: {first['msg']}{more}") from error
    expected = _expected_files(manifest)
    if manifest.files.keys() != expected.keys():
        # A graph's weights in a file of their own would be one that nobody checked.
        raise BundleInvalidError(
            f"{MANIFEST_FILE}: files: expected {', '.join(expected)}, found {', '.join(manifest.files) or 'none'}",
        )
    return manifest


def _check_graph(name: str, content: bytes) -> None:
    """A detector's graph, whole and in measure: what serving may rely on, and what was hashed."""
    try:
        check_onnx(content)
    except ValueError as error:
        raise BundleInvalidError(f"{name}: {error}") from error


def _write_durably(file: Path, content: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
