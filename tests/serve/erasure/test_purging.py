"""What a purge finds to be over its time, and that one which is cut off is gone on with."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import insert, select

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.erasure.due import Limits
from hazardlens.serve.erasure.purging import Purge, Purged
from hazardlens.serve.erasure.requests import Whose, begin, find, go_on
from hazardlens.serve.erasure.sweeping import PurgeSweeper
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.services import Services
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.errors import BlobStoreError, StoreUnavailableError
from hazardlens.serve.store.tables import audit_events, report_media, reports
from support.personal import marks_in, rows_of
from support.reports import BEGINNING, add_report, grey_photo
from support.rows import values_for

Decide = Callable[..., None]
Send = Callable[..., dict[str, Any]]
NOW: Final = BEGINNING + timedelta(days=100)
ACT: Final = Act(SYSTEM, NOW)


def purge_of(services: Services, limits: Limits | None = None, **settings: int) -> Purge:
    """One with other settings than the server's."""
    chosen = services.settings.model_copy(update=settings)
    found = Limits.from_settings(chosen, NOW) if limits is None else limits
    return Purge(services.store, services.blobs, chosen, found, NOW)


def decided(services: Services, days_ago: float, state: State = State.CONFIRMED, **columns: Any) -> str:  # noqa: ANN401 - any column
    at = NOW - timedelta(days=days_ago)
    columns = {"state": state.value, "decided_at": at, "decided_by": "account:li", "verdict": "confirm", **columns}
    return add_report(services.store, services.blobs, at=at, **columns)


def erased_in(services: Services) -> set[str]:
    with services.store.read() as connection:
        return set(connection.scalars(select(reports.c.id).where(reports.c.erased_at.is_not(None))))


def test_nothing_is_erased_unless_a_setting_says_so(services: Services) -> None:
    decided(services, 99)
    assert purge_of(services).run(ACT) == Purged(files=0, leftovers=0)
    assert erased_in(services) == set()


@pytest.mark.parametrize(
    ("settings", "erased"),
    [
        pytest.param({"retention_days": 30}, {"old", "old rejected", "long resolved"}, id="all decided ones"),
        pytest.param({"retention_rejected_days": 5}, {"old rejected", "rejected"}, id="rejected ones alone"),
        pytest.param(
            {"retention_days": 30, "retention_rejected_days": 50}, {"old", "long resolved"}, id="rejected ones later"
        ),
        pytest.param({"retention_undecided_days": 30}, {"old undecided", "old claimed"}, id="what nobody decided"),
    ],
)
def test_reports_go_when_their_time_is_over(services: Services, settings: dict[str, int], erased: set[str]) -> None:
    day = timedelta(days=1)
    ids = {
        "old": decided(services, 40),
        "new": decided(services, 20),
        "old rejected": decided(services, 40, State.REJECTED, verdict="reject"),
        "rejected": decided(services, 10, State.REJECTED, verdict="reject"),
        "long resolved": decided(services, 60, State.RESOLVED, resolved_at=NOW - 35 * day),
        "just resolved": decided(services, 60, State.RESOLVED, resolved_at=NOW - 2 * day),
        "old undecided": add_report(services.store, services.blobs, at=NOW - 40 * day),
        "undecided": add_report(services.store, services.blobs, at=NOW - 20 * day),
        "old claimed": add_report(
            services.store, at=NOW - 40 * day, state="in_review", claimed_by="account:li", claimed_until=NOW + day
        ),
    }
    job = purge_of(services, None, **settings)
    looked = job.look()
    assert erased_in(services) == set()
    done = job.run(ACT)
    assert {name for name, report_id in ids.items() if report_id in erased_in(services)} == erased
    assert (looked.reports, looked.photos) == (done.reports, done.photos) == (len(erased), len(erased))
    assert job.look() == Purged()


def test_a_day_may_be_named_instead(services: Services) -> None:
    old, _ = decided(services, 40), decided(services, 20)
    add_report(services.store, at=NOW - timedelta(days=90))
    assert purge_of(services, Limits.before(NOW - timedelta(days=30))).run(ACT).reports == 1
    assert erased_in(services) == {old}


def test_originals_may_go_earlier_than_their_reports(services: Services) -> None:
    decided(services, 40, photos=[grey_photo(shade=40)])
    decided(services, 20, photos=[grey_photo(shade=80)])
    job = purge_of(services, retention_days=60, retention_original_days=30)
    assert (job.look().originals, job.run(ACT).originals, job.run(ACT).originals) == (1, 1, 0)
    with services.store.read() as connection:
        kept = connection.scalars(select(report_media.c.sha256)).all()
    assert sorted(map(bool, kept)) == [False, True]


def test_the_audit_log_tells_what_was_purged_and_nothing_of_whom(
    services: Services, send: Send, decide: Decide
) -> None:
    decide(send())
    purge_of(services, retention_days=30).run(ACT)
    with services.store.read() as connection:
        row = connection.execute(select(audit_events).where(audit_events.c.action == "purged")).mappings().one()
    assert (row["detail"]["reports"], row["detail"]["photos"], row["detail"]["files"]) == (1, 1, 2)
    assert marks_in(rows_of(services.store)) == {}


def test_addresses_of_old_sign_ins_go(services: Services) -> None:
    with services.store.write() as connection:
        for days, action in ((40, "signed_in"), (40, "sign_in_refused"), (20, "signed_in"), (40, "key_added")):
            at, detail = NOW - timedelta(days=days), {"sender": "203.0.113.7"}
            connection.execute(
                insert(audit_events).values(**values_for(audit_events, at=at, action=action, detail=detail))
            )
    job = purge_of(services, retention_sign_in_days=30)
    assert (job.look().sign_ins, job.run(ACT).sign_ins, job.run(ACT).sign_ins) == (2, 2, 0)
    assert rows_of(services.store).count("203.0.113.7") == 2


def test_files_that_no_report_names_go_after_a_while(services: Services) -> None:
    """As a crash of intake leaves them, between the photo and its row."""
    decided(services, 1)
    orphan = services.blobs.put(b"a crash came between this and its row")
    coming = services.blobs.put(b"its row is about to be written")
    media = services.settings.media_path
    half = media / orphan[:2] / ".new-half"
    half.write_bytes(b"ha")
    registry = services.settings.registry_path / ".new-bundle"
    (registry / "bundle").mkdir(parents=True)
    for path in (media / orphan[:2] / orphan, half, registry):
        os.utime(path, (0, 0))
    for path in media.rglob("*"):
        if path.name not in {orphan, half.name}:
            os.utime(path, (time.time(),) * 2)
    job = Purge(services.store, services.blobs, services.settings, Limits(), datetime.now(UTC))
    assert job.look().orphans == 1
    done = job.run(Act(SYSTEM, job.now))
    assert (done.orphans, done.files, done.leftovers) == (1, 1, 2)
    assert not (media / orphan[:2] / orphan).exists()
    assert not half.exists()
    assert not registry.exists()
    assert services.blobs.get(coming)
    assert job.look().orphans == 0


class _Dying:
    """A store for photos that fails after a number of deletions, as a process that is killed would."""

    def __init__(self, blobs: FolderBlobs, after: int) -> None:
        self._blobs = blobs
        self._left = after

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the real one's
        return getattr(self._blobs, name)

    def delete(self, sha256: str) -> None:
        if self._left == 0:
            raise BlobStoreError("killed")
        self._left -= 1
        self._blobs.delete(sha256)


@pytest.mark.parametrize("after", [0, 2])
def test_a_purge_that_is_cut_off_is_gone_on_with(services: Services, after: int) -> None:
    for n in range(4):
        decided(services, 40, photos=[grey_photo(shade=40 + n)])
    job = purge_of(services, retention_days=30)
    dying: Any = _Dying(services.blobs, after)  # type: ignore[arg-type]  # a folder in this test
    with pytest.raises(BlobStoreError):
        Purge(job.store, dying, job.settings, job.limits, job.now).run(ACT)
    done = job.run(ACT)
    assert (done.reports, done.files) == (0, 4 - after)
    assert len(erased_in(services)) == 4
    assert [path for path in services.settings.media_path.rglob("*") if path.is_file()] == []


def _break_store(services: Services, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let so many more transactions through."""
    write, left = services.store.write, iter(range(after))

    def failing() -> Any:  # noqa: ANN401 - the real one's
        if next(left, None) is None:
            raise StoreUnavailableError("killed")
        return write()

    monkeypatch.setattr(services.store, "write", failing)


@pytest.mark.parametrize("after", [0, 2])
def test_forgetting_somebody_is_gone_on_with_by_the_server(
    services: Services, send: Send, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    others = send(9, reporter="somebody-else", text="x", address="x", external_id="x", latitude=1, longitude=1)
    mine = {send(seed)["id"] for seed in range(3)}
    whose = Whose(reporter="rider-zeppelin")
    with services.store.write() as connection:
        erasure_id = begin(connection, whose, Act(SYSTEM, services.now()))
    with monkeypatch.context() as patch:
        _break_store(services, patch, after)
        with pytest.raises(StoreUnavailableError):
            go_on(services.store, erasure_id, services.now())
    assert len(erased_in(services)) == min(after, 3)
    PurgeSweeper(services).round()
    assert erased_in(services) == mine
    assert others["id"] not in mine
    assert marks_in(rows_of(services.store).replace("wangxiaoming", "")) == {}
    with services.store.read() as connection:
        assert find(connection, whose).reports == 0
        query = (
            select(audit_events).where(audit_events.c.target == f"erasure:{erasure_id}").order_by(audit_events.c.seq)
        )
        told = [(row["action"], row["detail"]["reports"]) for row in connection.execute(query).mappings()]
    assert told == [("erasure_begun", 3), ("erasure_finished", 3)]


def test_the_server_purges_once_a_day(services: Services, clock: Any) -> None:  # noqa: ANN401 - support.intake.Clock
    object.__setattr__(services, "settings", services.settings.model_copy(update={"retention_days": 30}))
    sweeper = PurgeSweeper(services)
    sweeper.round()
    at = services.now() - timedelta(days=40)
    add_report(services.store, at=at, state="confirmed", decided_at=at)
    erased = []
    for hours in (1, 22, 2):
        clock.move(hours=hours)
        sweeper.round()
        erased.append(len(erased_in(services)))
    assert erased == [0, 0, 1]
    clock.move(hours=-2000)  # the clock was ahead, and has been put right
    with services.store.write() as connection:
        connection.execute(reports.update().values(erased_at=None, decided_at=services.now() - timedelta(days=31)))
    sweeper.round()
    assert len(erased_in(services)) == 1
