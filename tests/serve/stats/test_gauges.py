"""What waits is told to Prometheus as it is in the database, and a store that is away is told too."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import insert

from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.stats.gauges import WaitingGauges, read_waiting_now
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import BlobStoreError, StoreUnavailableError
from hazardlens.serve.store.tables import deliveries
from support.intake import services_behind
from support.reports import BEGINNING, add_report
from support.rows import values_for
from support.serving import serving, wait_until

NOW = BEGINNING + timedelta(hours=2)


def test_what_waits_is_counted_with_its_age(store: Store) -> None:
    for minutes in (10, 20):
        add_report(store, urgency="urgent", at=BEGINNING + timedelta(minutes=minutes))
    add_report(store, prefilled=False, at=BEGINNING + timedelta(minutes=30))
    add_report(store, state="resolved", second_review="wanted")
    report = add_report(store, state="resolved")
    with store.write() as connection:
        for state in (*[DeliveryState.WAITING] * 3, DeliveryState.DEAD, DeliveryState.DELIVERED):
            row = values_for(deliveries, report_id=report, state=state.value, created_at=BEGINNING)
            connection.execute(insert(deliveries).values(**row))
    with store.read() as connection:
        waiting = read_waiting_now(connection)
    assert waiting.reports["urgent"] == (2, BEGINNING + timedelta(minutes=10))
    assert waiting.reports["unseen"] == (1, BEGINNING + timedelta(minutes=30))
    assert waiting.reports["immediate"] == (0, None)
    assert (waiting.second_looks, waiting.deliveries, waiting.dead) == (1, (3, BEGINNING), 1)
    registry = CollectorRegistry()
    WaitingGauges(registry).show(waiting, NOW)
    lines = generate_latest(registry).decode().splitlines()
    assert 'hazardlens_reports_waiting{urgency="urgent"} 2.0' in lines
    assert 'hazardlens_reports_oldest_waiting_seconds{urgency="urgent"} 6600.0' in lines
    assert 'hazardlens_deliveries{state="dead"} 1.0' in lines
    assert "hazardlens_deliveries_oldest_waiting_seconds 7200.0" in lines


@pytest.mark.parametrize("part", ["database", "photos"])
def test_a_store_that_is_away_is_told_and_recovers(monkeypatch: pytest.MonkeyPatch, part: str, tmp_path: Path) -> None:
    class Away:
        is_on = False

    probe, read = FolderBlobs.probe, Store.read

    def probe_or_fail(self: FolderBlobs) -> None:
        if Away.is_on and part == "photos":
            raise BlobStoreError("away")
        probe(self)

    def read_or_fail(self: Store) -> object:
        if Away.is_on and part == "database":
            raise StoreUnavailableError("away")
        return read(self)

    monkeypatch.setattr(FolderBlobs, "probe", probe_or_fail)
    monkeypatch.setattr(Store, "read", read_or_fail)
    with serving(sweep_interval_s=0.02) as client:

        def told(value: float) -> bool:
            return f'hazardlens_store_up{{part="{part}"}} {value}' in client.get("/metrics").text.splitlines()

        wait_until(lambda: told(1.0))
        Away.is_on = True
        wait_until(lambda: told(0.0))
        Away.is_on = False
        wait_until(lambda: told(1.0))
        assert services_behind(client).slot.is_ready
