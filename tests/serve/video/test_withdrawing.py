"""A clip is withdrawn while somebody works on it: both lock in the same order, and the work stops wherever it is."""

import threading

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from hazardlens.serve.reports import clip_handler
from hazardlens.serve.reports.clip_rows import write_progress
from hazardlens.serve.store.engine import Store
from support.clip_reports import act_on, report_now, sent_clip, when_worked, work_now
from support.intake import services_behind
from support.scripted_clips import ScriptedClips, clip_of
from support.serving import PATIENCE_S, wait_until

_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def somebody_waits(store: Store) -> bool:
    """On SQLite whoever comes second waits before it has begun, so there is no crosswise."""
    if store.is_sqlite:
        return True
    with store.read() as connection:
        return bool(connection.scalar(_WAITING))


def test_a_heartbeat_and_a_decision_do_not_lock_crosswise(
    client: TestClient, clips: ScriptedClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, beating = threading.Event(), threading.Event()
    failures: list[Exception] = []

    def slow(connection: Connection, report_id: str, progress: float) -> None:
        if claimed.is_set():  # the job is locked already, and the clip's row is next
            beating.set()
            wait_until(lambda: somebody_waits(services_behind(client).store))
        try:
            write_progress(connection, report_id, progress)
        except Exception as error:
            failures.append(error)
            raise

    monkeypatch.setattr(clip_handler, "write_progress", slow)
    clips.gate.clear()
    report_id = sent_clip(client)["id"]
    wait_until(lambda: work_now(client, report_id) == "running")
    act_on(client, report_id, "claim")
    claimed.set()
    assert beating.wait(PATIENCE_S)
    act_on(client, report_id, "review", verdict="reject", reason="other")
    assert work_now(client, report_id) is None
    clips.gate.set()
    assert failures == []


def test_the_small_copy_is_left_when_nobody_waits_for_it(client: TestClient, clips: ScriptedClips) -> None:
    clips.previewing = threading.Event()
    report_id = sent_clip(client)["id"]
    assert clips.previewing.wait(PATIENCE_S)
    act_on(client, report_id, "claim")
    act_on(client, report_id, "review", verdict="reject", reason="other")
    clips.previewing = None
    assert when_worked(client, sent_clip(client, clip_of(1))["id"])["state"] == "prefilled"
    assert len(report_now(client, report_id)["media"]) == 1
