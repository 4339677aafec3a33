"""The bundles that there are: one that the server was started with, and one in each folder of the registry."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from hazardlens.model.bundle import (
    CARD_FILE,
    FLOAT_FILE,
    MANIFEST_FILE,
    MAX_TEXT_BYTES,
    ONNX_FILE,
    Manifest,
    read_bundle,
    read_bundle_file,
)
from hazardlens.model.errors import BundleError
from hazardlens.serve.registry.errors import ModelAmbiguousError, ModelMissingError

_FILES: Final = (MANIFEST_FILE, ONNX_FILE, CARD_FILE, FLOAT_FILE)

Signature = tuple[tuple[int, int, int] | None, ...]
"""Inode, size and time of change of each file: what has another signature is read again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One bundle on disk, as it was when it was last read.

    Attributes:
        key: name of its folder, or name@version of the bundle that the server was started with.
        path: its folder.
        origin: "default" for the bundle that the server was started with.
        manifest: None where the bundle cannot be used.
        sha256: see `Bundle.sha256`; empty where the bundle cannot be used.
        problem: why it cannot be used.
    """

    key: str
    path: Path
    origin: Literal["default", "registry"]
    manifest: Manifest | None = None
    sha256: str = ""
    problem: BundleError | None = None

    @property
    def ref(self) -> str:
        """Name and version in one word; the folder's name where the manifest cannot be read."""
        return f"{self.manifest.name}@{self.manifest.version}" if self.manifest else self.key

    @property
    def version(self) -> str:
        """As its manifest says, or as its folder is called."""
        return self.manifest.version if self.manifest else self.key.rpartition("@")[2]

    def without_folders(self, text: str) -> str:
        """A message for people elsewhere, who need not know where this machine keeps its files."""
        return text.replace(f"{self.path.parent}/", "")


class BundleShelf:
    """Reads bundles when they are asked for, and again only when a file of theirs has changed. For many threads."""

    def __init__(self, default: Path | None, folder: Path) -> None:
        """Take the places; nothing is read yet.

        Args:
            default: the bundle that is always there; None where a detector stands in for it.
            folder: the registry; it may be missing.
        """
        self._default = default
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[Path, tuple[Signature, Entry]] = {}

    def entries(self) -> list[Entry]:
        """All bundles, good and bad: the default first, then the folders by name."""
        with self._lock:
            paths = self._paths()
            self._known = {path: known for path, known in self._known.items() if path in paths}
            return [self._entry(path) for path in paths]

    def find(self, wanted: str) -> Entry:
        """The bundle of this version, name@version or folder.

        Raises:
            ModelMissingError: there is none.
            ModelAmbiguousError: there are several that differ.
        """
        entries = self.entries()
        by_ref = [entry for entry in entries if wanted in {entry.key, entry.ref}]
        by_version = [entry for entry in entries if wanted == entry.version]
        for found in (by_ref, by_version):
            if len({entry.sha256 or entry.key for entry in found}) > 1:
                keys = ", ".join(sorted(entry.key for entry in found))
                raise ModelAmbiguousError(f"{wanted!r} stands for several models: {keys}")
            if found:
                return found[0]
        raise ModelMissingError(f"no model {wanted[:100]!r}; GET /v1/models lists those that there are")

    def find_sha256(self, sha256: str) -> Entry | None:
        """The bundle with this content, wherever it is."""
        return next((entry for entry in self.entries() if entry.sha256 == sha256), None)

    def signature(self) -> tuple[tuple[Path, Signature], ...]:
        """Changes whenever a bundle does."""
        return tuple((path, _signature(path)) for path in self._paths())

    def _paths(self) -> list[Path]:
        try:
            folders = sorted(path for path in self._folder.iterdir() if path.is_dir() and path.name[0] != ".")
        except OSError:  # not there, or not for us: the default is always there
            folders = []
        return [*([self._default] if self._default else []), *(path for path in folders if path != self._default)]

    def _entry(self, path: Path) -> Entry:
        signature = _signature(path)
        known = self._known.get(path)
        if known is None or known[0] != signature:
            known = (signature, self._read(path))
            self._known[path] = known
        return known[1]

    def _read(self, path: Path) -> Entry:
        origin: Literal["default", "registry"] = "default" if path == self._default else "registry"
        try:
            bundle = read_bundle(path)
        except BundleError as error:
            return Entry(path.name, path, origin, problem=_bare(error))
        manifest = bundle.manifest
        key = f"{manifest.name}@{manifest.version}" if origin == "default" else path.name
        return Entry(key, path, origin, manifest, bundle.sha256)


def read_card(entry: Entry) -> str:
    """A bundle's model card, Markdown.

    Raises:
        BundleError: the bundle cannot be used, or the card cannot be read.
    """
    if entry.problem is not None:
        raise _bare(entry.problem)
    return read_bundle_file(entry.path, CARD_FILE, MAX_TEXT_BYTES).decode("utf-8", "replace")


def _bare(error: BundleError) -> BundleError:
    """The error without its traceback, whose frames hold the bytes that were read."""
    return type(error)(str(error))


def _signature(path: Path) -> Signature:
    return tuple(file_signature(path / name) for name in _FILES)


def file_signature(file: Path) -> tuple[int, int, int] | None:
    """Inode, size and time of change in nanoseconds; None where there is no such file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
