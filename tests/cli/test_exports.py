"""`hazardlens data export`, `convert` and `import-labels`: from the store of the settings to folders and zips."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from hazardlens.model.exports import read_export
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events, reports, reviews
from support.command_line import Invoke, Run
from support.exports import NOON, make_export, two_items
from support.reports import HEAP, add_report, detections_of, grey_photo


@pytest.fixture
def data_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two decided reports, where the settings say."""
    folder = tmp_path / "var"
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", str(folder))
    store = _store(folder)
    store.migrate()
    for shade in (10, 20):
        _decided(store, FolderBlobs(folder / "media"), grey_photo(shade=shade))
    store.close()
    return folder


def _store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder / 'hazardlens.sqlite3'}")


def _decided(store: Store, blobs: FolderBlobs, photo: bytes) -> None:
    report_id = add_report(store, blobs, photos=[photo])
    decision: dict[str, Any] = {"verdict": "confirm", "decided_by": "account:li", "decided_at": NOON}
    box = {name: value for name, value in detections_of([HEAP])[0].items() if name in {"label", "box"}}
    review = {
        "report_id": report_id,
        "kind": "first",
        "at": NOON,
        "reviewer": "account:li",
        "verdict": "confirm",
        "category": "stacked_clutter",
        "urgency": "routine",
        "boxes": [[box]],
        "looked_for": ["stacked_clutter"],
        "audit": False,
        "prefill_kept": True,
    }
    with store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == report_id).values(state="confirmed", **decision))
        connection.execute(insert(reviews).values(review))


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_export_writes_a_folder_or_a_zip(invoke: Invoke, data_path: Path, tmp_path: Path, name: str) -> None:
    result = invoke("data", "export", "--out", tmp_path / name, "--from", "2026-03-01", "--category", "stacked_clutter")
    assert (result.code, result.out) == (0, "")
    assert result.err.endswith(f"{name}: 2 reports as reviewed\n")
    with read_export(tmp_path / name) as export:
        assert [report.photos[0].boxes[0].box.xyxy for report in export.reports()] == [HEAP[1], HEAP[1]]
        assert export.manifest.filters.category == "stacked_clutter"


def test_export_takes_any_form_and_filter(invoke: Invoke, data_path: Path, tmp_path: Path) -> None:
    assert invoke("data", "export", "--out", tmp_path / "coco", "--form", "coco").code == 0
    assert len(json.loads((tmp_path / "coco/annotations/instances.json").read_text())["images"]) == 2
    later = invoke("data", "export", "--out", tmp_path / "later", "--from", "2026-03-05", "--include-text")
    assert "0 reports" in later.err
    earlier = invoke("data", "export", "--out", tmp_path / "earlier", "--to", "2026-03-01", "--model-version", "1")
    assert "0 reports" in earlier.err


def test_export_is_written_down(invoke: Invoke, data_path: Path, tmp_path: Path) -> None:
    invoke("data", "export", "--out", tmp_path / "out")
    store = _store(data_path)
    with store.read() as connection:
        (event,) = connection.execute(select(audit_events)).mappings()
    store.close()
    assert (event["actor"], event["action"]) == ("system", "reports_exported")
    assert event["actor_name"].startswith("command line")


def test_export_says_what_is_left_out(invoke: Invoke, data_path: Path, tmp_path: Path) -> None:
    min(path for path in (data_path / "media").rglob("*") if path.is_file()).unlink()
    result = invoke("data", "export", "--out", tmp_path / "out")
    assert result.code == 1
    assert "is left out: no photo" in result.err
    assert "1 reports as reviewed" in result.err
    with read_export(tmp_path / "out") as export:
        assert len(export.manifest.left_out) == 1


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [("--from", "yesterday", "from: expected a day"), ("--category", "hole", "category: 'hole' is none of")],
)
def test_export_refuses_impossible_filters(
    invoke: Invoke, data_path: Path, tmp_path: Path, option: str, value: str, why: str
) -> None:
    result = invoke("data", "export", "--out", tmp_path / "out", option, value)
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert why in result.err


def test_without_a_database_there_is_nothing_to_export(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", str(tmp_path / "nowhere"))
    result = invoke("data", "export", "--out", tmp_path / "out")
    assert result.code == 2
    assert "no database there" in result.err
    assert not (tmp_path / "nowhere").exists()


def test_nothing_is_written_over(invoke: Invoke, data_path: Path, tmp_path: Path) -> None:
    make_export(tmp_path / "there")
    commands = [
        ("export",),
        ("convert", tmp_path / "there", "--form", "yolo"),
        ("import-labels", tmp_path / "labels.json", "--export", tmp_path / "there"),
    ]
    (tmp_path / "labels.json").write_text("[]")
    for command in commands:
        result = invoke("data", *command, "--out", tmp_path / "there")
        assert result.code == 2
        assert "is there already; an export is never written over" in result.err


def test_a_disk_that_refuses_is_named(invoke: Invoke, tmp_path: Path) -> None:
    make_export(tmp_path / "export")
    (tmp_path / "file").touch()
    result = invoke("data", "convert", tmp_path / "export", "--form", "coco", "--out", tmp_path / "file" / "out")
    assert result.code == 2
    assert "cannot be written" in result.err


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("reviewed", "export.json"),
        ("coco", "annotations/instances.json"),
        ("yolo", "data.yaml"),
        ("label_studio", "tasks.json"),
    ],
)
def test_convert(invoke: Invoke, tmp_path: Path, form: str, file: str) -> None:
    make_export(tmp_path / "export")
    result = invoke("data", "convert", tmp_path / "export", "--form", form, "--out", tmp_path / "out.zip")
    assert (result.code, result.err.split(": ")[1]) == (0, f"2 reports as {form}\n")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert file in archive.namelist()


def test_convert_refuses_what_is_no_export(invoke: Invoke, tmp_path: Path) -> None:
    make_export(tmp_path / "export")
    (tmp_path / "export" / "reports.jsonl").write_text("{}\n")
    result = invoke("data", "convert", tmp_path / "export", "--form", "coco", "--out", tmp_path / "out")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "reports.jsonl: sha256" in result.err
    assert not (tmp_path / "out").exists()


def test_labels_come_back_from_label_studio(invoke: Invoke, tmp_path: Path) -> None:
    make_export(tmp_path / "export")
    invoke("data", "convert", tmp_path / "export", "--form", "label_studio", "--out", tmp_path / "tasks")
    tasks = json.loads((tmp_path / "tasks/tasks.json").read_text())
    for task in tasks:
        task["annotations"][0] |= {"updated_at": "2026-03-05T08:00:00Z", "completed_by": 7}
    tasks[0]["annotations"][0]["result"].pop()
    (tmp_path / "back.json").write_text(json.dumps(tasks))
    result = invoke(
        "data", "import-labels", tmp_path / "back.json", "--export", tmp_path / "export", "--out", tmp_path / "new"
    )
    assert (result.code, result.err.split(": ")[1]) == (0, "3 photos from Label Studio\n")
    with read_export(tmp_path / "new") as export:
        (first, second) = export.reports()
        assert export.manifest.source == "a test, boxes from Label Studio"
    assert [box.label for box in first.photos[0].boxes] == ["stacked_clutter"]
    assert second == two_items()[1].report


def test_import_refuses_what_is_not_from_label_studio(invoke: Invoke, tmp_path: Path) -> None:
    make_export(tmp_path / "export")
    (tmp_path / "back.json").write_text("{}")
    result = invoke(
        "data", "import-labels", tmp_path / "back.json", "--export", tmp_path / "export", "--out", tmp_path / "new"
    )
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "back.json" in result.err


def test_it_needs_no_training_extra(run: Run, tmp_path: Path) -> None:
    make_export(tmp_path / "export")
    done = run(
        "data", "convert", tmp_path / "export", "--form", "yolo", "--out", tmp_path / "out", PYTHONPROFILEIMPORTTIME="1"
    )
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "pydantic" in imported
    assert imported.isdisjoint({"torch", "ultralytics", "fastapi", "sqlalchemy", "onnxruntime"})
