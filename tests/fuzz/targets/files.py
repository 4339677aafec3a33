"""Files that operators and engineers hand over: policy, bundle, reviewed export, corrections, backup."""

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from fuzz.contract import Target
from hazardlens.model.bundle import CARD_FILE, MANIFEST_FILE, ONNX_FILE, read_bundle
from hazardlens.model.exports import read_export
from hazardlens.model.exports.corrections import read_label_studio
from hazardlens.model.exports.reviewed import REPORTS_FILE
from hazardlens.model.triage.policy import SHIPPED_POLICY, parse_policy
from hazardlens.serve.backup.verifying import verify_backup
from support.exports import make_export
from support.tiny_bundle import make_tiny_bundle


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@cache
def _tiny_bundle() -> dict[str, bytes]:
    with _scratch() as folder:
        make_tiny_bundle(folder / "tiny")
        return _contents(folder / "tiny")


@cache
def _small_export() -> dict[str, bytes]:
    with _scratch() as folder:
        return _contents(make_export(folder / "export"))


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _write(folder: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_policy(data: bytes) -> None:
    """A triage policy; one that is taken must be able to read a text."""
    policy = parse_policy(data)
    policy.reader.read("井盖没了, the manhole is open")


def read_manifest(data: bytes) -> None:
    """A bundle whose manifest is `data`."""
    with _scratch() as folder:
        read_bundle(_write(folder, {**_tiny_bundle(), MANIFEST_FILE: data}))


def read_graph(data: bytes) -> None:
    """A bundle whose graph is `data`, its checksum the right one."""
    contents = dict(_tiny_bundle())
    manifest = json.loads(contents[MANIFEST_FILE])
    manifest["files"] = {ONNX_FILE: _sha256(data), CARD_FILE: _sha256(contents[CARD_FILE])}
    with _scratch() as folder:
        read_bundle(_write(folder, {**contents, ONNX_FILE: data, MANIFEST_FILE: json.dumps(manifest).encode()}))


def read_export_zip(data: bytes) -> None:
    """A reviewed export as a zip."""
    with _scratch() as folder:
        path = folder / "export.zip"
        path.write_bytes(data)
        _read_all(path)


def read_export_manifest(data: bytes) -> None:
    """A reviewed export whose manifest is `data`."""
    with _scratch() as folder:
        _read_all(_write(folder, {**_small_export(), "export.json": data}))


def read_export_reports(data: bytes) -> None:
    """A reviewed export whose reports are `data`, their checksum the right one."""
    contents = dict(_small_export())
    manifest = json.loads(contents["export.json"])
    manifest["files"][REPORTS_FILE] = _sha256(data)
    with _scratch() as folder:
        _read_all(_write(folder, {**contents, REPORTS_FILE: data, "export.json": json.dumps(manifest).encode()}))


def _read_all(path: Path) -> None:
    with read_export(path) as export:
        for report in export.reports():
            for photo in report.photos:
                export.read_photo(photo)


def read_corrections(data: bytes) -> None:
    """Boxes that come back from Label Studio."""
    with _scratch() as folder:
        path = folder / "tasks.json"
        path.write_bytes(data)
        read_label_studio(path)


def read_backup_manifest(data: bytes) -> None:
    """A backup whose manifest is `data`."""
    with _scratch() as folder:
        verify_backup(_write(folder, {"manifest.json": data}))


def read_backup_rows(data: bytes) -> None:
    """A backup whose table of photos is the file `data`, its checksum the right one."""
    empty = gzip.compress(b"", mtime=0)
    manifest = {
        "taken_at": "2026-01-01T00:00:00Z",
        "program": "0",
        "revision": "0",
        "database": "sqlite",
        "tables": {
            "report_media": {"rows": 1, "sha256": _sha256(data)},
            "reports": {"rows": 0, "sha256": _sha256(empty)},
        },
        "photos": {"count": 0, "size_bytes": 0},
        "bundles": {},
    }
    contents = {
        "manifest.json": json.dumps(manifest).encode(),
        "tables/report_media.jsonl.gz": data,
        "tables/reports.jsonl.gz": empty,
    }
    with _scratch() as folder:
        verify_backup(_write(folder, contents))


def read_backup_lines(data: bytes) -> None:
    """The same for what is packed in that file."""
    read_backup_rows(gzip.compress(data, compresslevel=1, mtime=0))


FILES: Final = (
    Target("policy", read_policy, shipped=(SHIPPED_POLICY,)),
    Target("manifest", read_manifest),
    Target("graph", read_graph),
    Target("export-zip", read_export_zip),
    Target("export-manifest", read_export_manifest),
    Target("export-reports", read_export_reports),
    Target("corrections", read_corrections),
    Target("backup-manifest", read_backup_manifest),
    Target("backup-rows", read_backup_rows),
    Target("backup-lines", read_backup_lines),
)
