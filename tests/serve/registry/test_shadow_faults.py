"""Damage, loss and outages beside a candidate in the shadow: no report is held up, and none is looked at twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo
from hazardlens.serve.registry.shadow import LEASE, ShadowWorker
from hazardlens.serve.registry.shadow_rows import read_task, take_lease
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.errors import BlobStoreError
from support.models import Models, one_byte_changed, services_of
from support.reports import add_report, grey_photo
from support.shadowing import looking_on, metric, report, results, start, sweep


@pytest.fixture
def models(tmp_path: Path) -> Models:
    models = Models(tmp_path)
    models.add("2", "manhole_open")
    return models


def read_photos(client: TestClient, report_id: str) -> list[str]:
    with services_of(client).store.read() as connection:
        return [sha256 for _, sha256 in read_task(connection, report_id).photos]


def test_a_restart_loses_nothing(models: Models) -> None:
    with looking_on(models) as client:
        first = report(client)
        sweep(client)
        second = report(client)
    with models.serving() as client:
        assert sweep(client) == 1
        assert list(results(client)) == [first, second]


def test_a_crash_loses_nothing_either(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [datetime.now(UTC)]
    monkeypatch.setattr(ShadowWorker, "release", lambda _: None)
    with looking_on(models) as client:
        report(client)
        sweep(client)
        report(client)
    with models.serving(now=lambda: clock[0]) as client:
        assert sweep(client) == 0
        clock[0] += 2 * LEASE
        assert sweep(client) == 1


def test_a_photo_that_is_gone_is_counted_and_not_tried_for_ever(models: Models) -> None:
    with looking_on(models) as client:
        add_report(services_of(client).store, None, at=datetime.now(UTC) + timedelta(seconds=1))
        report(client)
        assert sweep(client) == 1
        assert metric(client, 'hazardlens_shadow_reports_total{outcome="failed"}') == 1
        assert sweep(client) == 0
        assert metric(client, 'hazardlens_shadow_reports_total{outcome="failed"}') == 1


def test_a_failure_that_nobody_foresaw_holds_up_no_other_report(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_once(self: OnnxDetector, photos: list[Photo]) -> object:
        monkeypatch.setattr(OnnxDetector, "detect", detect)
        raise ZeroDivisionError

    with looking_on(models) as client:
        sweep(client)
        report(client)
        services_of(client).shadow.sweep()
        for _ in range(2):
            report(client)
        detect = OnnxDetector.detect
        monkeypatch.setattr(OnnxDetector, "detect", fail_once)
        assert sweep(client) == 1
        assert sweep(client) == 0
        assert metric(client, 'hazardlens_shadow_reports_total{outcome="failed"}') == 1


def test_a_photo_that_is_damaged_holds_up_no_other_report(models: Models) -> None:
    with looking_on(models) as client:
        damaged = report(client)
        (photo,) = read_photos(client, damaged)
        blobs = services_of(client).blobs
        assert isinstance(blobs, FolderBlobs)
        blobs._path(photo).write_bytes(b"damaged")
        whole = report(client, after=timedelta(seconds=1), photos=[grey_photo(shade=30)])
        assert sweep(client) == 1
        assert list(results(client)) == [whole]


def test_a_store_that_is_away_makes_it_wait(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    with looking_on(models) as client:
        report(client)

        def fail(*_: str) -> bytes:
            raise BlobStoreError("away")

        with monkeypatch.context() as broken:
            for name in ("get", "ping"):
                broken.setattr(services_of(client).blobs, name, fail)
            with pytest.raises(BlobStoreError):
                sweep(client)
        assert sweep(client) == 1


def test_one_server_of_several_does_the_work(models: Models) -> None:
    with looking_on(models) as first, models.serving() as second:
        report(first)
        assert sweep(first) == 1
        report(first)
        assert sweep(second) == 0
        assert sweep(first) == 1


def test_a_lease_ends_and_is_renewed(models: Models) -> None:
    length, now = timedelta(seconds=30), datetime(2026, 1, 5, tzinfo=UTC)
    steps = [
        ("a", 0, True),
        ("b", 29, False),
        ("a", 20, True),
        ("b", 40, False),
        ("b", 51, True),
        ("a", 60, False),
    ]
    with models.serving() as client:
        for holder, seconds, expected in steps:
            with services_of(client).store.write() as connection:
                assert take_lease(connection, holder, now + timedelta(seconds=seconds), length) is expected, holder


def test_one_that_breaks_on_disk_is_told_once_and_mends(models: Models, capfd: pytest.CaptureFixture[str]) -> None:
    path = models.registry / "tiny@2"
    good = (path / "model.onnx").read_bytes()
    with looking_on(models) as client:
        one_byte_changed(path)
        report(client)
        assert [sweep(client) for _ in range(3)] == [0, 0, 0]
        assert "".join(capfd.readouterr()).count("shadow_unusable") == 1
        (path / "model.onnx").write_bytes(good)
        assert sweep(client) == 1


def test_a_clock_that_was_ahead_hides_no_report_from_it(models: Models) -> None:
    clock = [datetime(2026, 1, 5, tzinfo=UTC)]
    with models.serving(now=lambda: clock[0]) as client:
        start(client)
        clock[0] += timedelta(hours=2)
        assert sweep(client) == 0
        clock[0] -= timedelta(hours=1)
        services = services_of(client)
        add_report(services.store, services.blobs, at=clock[0])
        assert sweep(client) == 1
