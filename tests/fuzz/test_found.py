"""What fuzzing found and no seed can hold: a file of the file system, or one too large to keep."""

import gzip
import os
import shutil
from pathlib import Path

import pytest

from hazardlens.model.errors import ExportInvalidError, PolicyError
from hazardlens.model.exports import read_export
from hazardlens.model.triage.policy import MAX_POLICY_BYTES, load_policy
from hazardlens.serve.backup import rows
from support.exports import make_export


@pytest.mark.parametrize("name", ["export.json", "reports.jsonl"])
def test_a_pipe_in_an_export_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = make_export(tmp_path / "export")
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(ExportInvalidError, match=f"^{name}: cannot be read: no regular file$"):
        read_export(folder)


def test_an_export_whose_photos_lie_elsewhere_is_read(tmp_path: Path) -> None:
    folder = make_export(tmp_path / "export")
    shutil.move(folder / "photos", tmp_path / "elsewhere")
    (folder / "photos").symlink_to(tmp_path / "elsewhere")
    read_export(folder).close()


def test_a_policy_of_more_than_a_megabyte_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"#" * (MAX_POLICY_BYTES + 1))
    with pytest.raises(PolicyError, match=f"more than {MAX_POLICY_BYTES} bytes"):
        load_policy(path)


def test_a_backup_s_row_that_unpacks_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_MAX_ROW_BYTES", 1000)
    path = tmp_path / "reports.jsonl.gz"
    path.write_bytes(gzip.compress(b'"' + b"a" * 998 + b'"'))
    with pytest.raises(ValueError, match="no row"):
        list(rows.read_rows(path))
    path.write_bytes(gzip.compress(b'"' + b"a" * 999 + b'"'))
    with pytest.raises(ValueError, match="without an end"):
        list(rows.read_rows(path))
