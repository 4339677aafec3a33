"""A candidate in the shadow: it sees what came in, says what it would have said, and is in nobody's way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo
from hazardlens.serve.store.tables import model_events
from support.models import ENGINEER, Models, activate, services_of, version_of_answer
from support.reports import add_report
from support.serving import problem_of, wait_until
from support.shadowing import looking_on, metric, report, results, start, sweep


@pytest.fixture
def models(tmp_path: Path) -> Models:
    models = Models(tmp_path)
    models.add("2", "manhole_open")
    return models


def test_it_says_what_it_would_have_said(models: Models) -> None:
    with looking_on(models) as client:
        report_id = report(client, seen=[[], []], text="")
        assert sweep(client) == 1
        assert metric(client, "hazardlens_shadow_waiting") == 0
        (row,) = results(client).values()
        assert (row["report_id"], row["model_version"]) == (report_id, "2")
        assert row["prefill"]["category"] == "raised_manhole_cover"
        assert [[found["label"] for found in photo] for photo in row["detections"]] == [["manhole_open"]] * 2
        assert set(row["detections"][0][0]) == {"label", "hazard", "confidence", "box"}
        assert sweep(client) == 0
        assert metric(client, 'hazardlens_shadow_reports_total{outcome="answered"}') == 1
        assert metric(client, "hazardlens_shadow_waiting") == 0


def test_the_words_join_its_decision_too(models: Models) -> None:
    with looking_on(models) as client:
        report(client, text="后厨不卫生")
        sweep(client)
        (row,) = results(client).values()
        alternatives = {found["category"] for found in row["prefill"]["alternatives"]}
        assert "unhygienic_kitchen" in alternatives | {row["prefill"]["category"]}


def test_it_looks_by_itself(models: Models) -> None:
    with looking_on(models, model_poll_s=0.01) as client:
        report(client)
        wait_until(lambda: len(results(client)) == 1)


def test_what_came_in_before_it_is_not_its_business(models: Models) -> None:
    with models.serving() as client:
        report(client, after=-timedelta(minutes=1))
        start(client)
        assert sweep(client) == 0
        assert results(client) == {}


def test_live_requests_go_first(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    with looking_on(models) as client:
        report(client)
        pool = services_of(client).pool
        with monkeypatch.context() as busy:
            busy.setattr(type(pool), "has_free_thread", property(lambda _: False))
            assert sweep(client) == 0
            assert metric(client, "hazardlens_shadow_waiting") == 1
        assert sweep(client) == 1


def test_of_more_than_may_wait_the_oldest_are_given_up_and_counted(models: Models) -> None:
    with looking_on(models, shadow_backlog=2) as client:
        ids = [report(client, after=timedelta(seconds=n + 1)) for n in range(5)]
        assert sweep(client) == 2
        assert sorted(results(client)) == sorted(ids[3:])
        assert metric(client, 'hazardlens_shadow_reports_total{outcome="dropped"}') == 3
        assert client.get("/v1/models").json()["shadow"]["dropped"] == 3
        assert sweep(client) == 0


def test_what_comes_at_one_moment_is_kept_or_dropped_together(models: Models) -> None:
    with looking_on(models, shadow_backlog=2) as client:
        at = datetime.now(UTC) + timedelta(seconds=1)
        services = services_of(client)
        for _ in range(4):
            add_report(services.store, services.blobs, at=at)
        assert sweep(client) == 4
        assert metric(client, 'hazardlens_shadow_reports_total{outcome="dropped"}') == 0


def test_it_leaves_when_asked_and_what_it_said_stays(models: Models) -> None:
    with looking_on(models) as client:
        report(client)
        sweep(client)
        problem_of(client.delete("/v1/models/3/shadow", headers=ENGINEER), 404, "model_missing")
        assert client.delete("/v1/models/2/shadow", headers=ENGINEER).json()["version"] == "2"
        problem_of(client.delete("/v1/models/2/shadow", headers=ENGINEER), 404, "model_missing")
        report(client)
        assert sweep(client) == 0
        assert len(results(client)) == 1
        assert services_of(client).shadow._candidate is None


def test_it_leaves_when_it_enters_service(models: Models) -> None:
    with looking_on(models) as client:
        activate(client, "2")
        assert client.get("/v1/models").json()["shadow"] is None
        problem_of(start(client), 409, "model_in_service")
        with services_of(client).store.read() as connection:
            actions = list(connection.execute(select(model_events.c.action).order_by(model_events.c.seq)).scalars())
    assert actions == ["shadow_started", "activated", "shadow_stopped"]


def test_another_one_takes_its_place(models: Models) -> None:
    models.add("3", "stacked_clutter")
    with looking_on(models) as client:
        report(client)
        sweep(client)
        start(client, "3")
        report(client)
        sweep(client)
        assert [row["model_version"] for row in results(client).values()] == ["2", "3"]
        assert client.get("/v1/models").json()["shadow"]["version"] == "3"


def test_a_look_does_not_grow_with_what_was_seen_and_finds_what_comes_late(models: Models) -> None:
    clock = [datetime(2026, 1, 5, tzinfo=UTC)]
    with models.serving(now=lambda: clock[0]) as client:
        start(client)
        services = services_of(client)
        clock[0] += timedelta(hours=1)
        assert sweep(client) == 0
        # Written down by now, though it came in before that look.
        late = add_report(services.store, services.blobs, at=clock[0] - timedelta(minutes=9))
        add_report(services.store, services.blobs, at=clock[0] - timedelta(minutes=11))
        assert sweep(client) == 1
        assert list(results(client)) == [late]


def test_classifying_stores_nothing_for_it(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    detect = OnnxDetector.detect

    def noting(self: OnnxDetector, photos: list[Photo]) -> object:
        seen.append(self.version)
        return detect(self, photos)

    with looking_on(models) as client:
        monkeypatch.setattr(OnnxDetector, "detect", noting)
        version_of_answer(client)
        assert sweep(client) == 0
    assert set(seen) == {"1"}
