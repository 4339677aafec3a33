"""A bundle into the registry's folder, whole or not at all: servers look there while it happens."""

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from hazardlens.model.bundle import MANIFEST_FILE, Bundle, read_bundle
from hazardlens.model.errors import BundleError, BundleInvalidError

_HALF: Final = ".new-"


def install_bundle(bundle: Bundle, registry: Path) -> Path:
    """Copy a bundle into a folder of the registry that is called name@version.

    Args:
        bundle: from `read_bundle`.
        registry: the folder of folders; made if it is missing.

    Returns:
        The bundle's new folder; an equal one that is there already is left as it is.

    Raises:
        BundleInvalidError: another bundle of this name and version is there, or the copy failed.
    """
    place = registry / f"{bundle.manifest.name}@{bundle.manifest.version}"
    if place.exists():
        _require_same(bundle, place)
        return place
    try:
        registry.mkdir(parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(prefix=_HALF, dir=registry))  # hidden: nobody takes it for a bundle
    except OSError as error:
        raise BundleInvalidError(f"{registry}: cannot be written to: {error.strerror}") from error
    try:
        fresh = workplace / "bundle"
        fresh.mkdir()
        for name in (*bundle.manifest.files, MANIFEST_FILE):
            _copy_durably(bundle.path / name, fresh / name)
        _require_same(bundle, fresh)
        fresh.rename(place)
    except OSError as error:
        raise BundleInvalidError(f"{place}: cannot be copied: {error.strerror}") from error
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
    _sync_folder(registry)
    return place


def tidy_registry(registry: Path, before: datetime) -> int:
    """Remove what copies that were killed before a time have left half-way; how many.

    Raises:
        BundleInvalidError: the folder cannot be read.
    """
    try:
        left = [place for place in registry.glob(f"{_HALF}*") if place.stat().st_mtime < before.timestamp()]
    except OSError as error:
        raise BundleInvalidError(f"{registry}: cannot be read: {error.strerror}") from error
    for place in left:
        shutil.rmtree(place, ignore_errors=True)
    return len(left)


def _require_same(bundle: Bundle, place: Path) -> None:
    try:
        found = read_bundle(place)
    except BundleError as error:
        raise BundleInvalidError(f"{place}: what is there cannot be used ({error}); move it away first") from error
    if found.sha256 != bundle.sha256:
        raise BundleInvalidError(
            f"{place}: another bundle of this name and version is there; give the candidate a version of its own"
        )


def _copy_durably(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer)
        writer.flush()
        os.fsync(writer.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
