"""What the database remembers of models, on each kind of database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from hazardlens.model.pipeline import Classification
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.documents import EXAMPLE_ANSWER
from hazardlens.serve.registry.choosing import ModelChanges
from hazardlens.serve.registry.errors import ModelMissingError, NoPreviousModelError
from hazardlens.serve.registry.shadow_rows import (
    count_waiting,
    give_lease,
    nth_newest_waiting,
    read_task,
    take_lease,
    waiting_reports,
    write_result,
)
from hazardlens.serve.registry.state import MAX_HISTORY, ModelKey, Shadow, read_choice, read_shadow
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events, model_events, shadow_results
from support.reports import add_report

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DEFAULT = ModelKey("tiny", "1", "1" * 64)


def key(version: str) -> ModelKey:
    return ModelKey("tiny", version, version.rjust(64, "0"))


def test_choices_and_the_way_back(store: Store) -> None:
    with store.write() as connection:
        changes = ModelChanges(connection, Act(SYSTEM, NOW))
        with pytest.raises(NoPreviousModelError):
            changes.back()
        assert changes.activate(key("2"), default=DEFAULT).history == (DEFAULT,)
        changes.activate(key("2"), default=DEFAULT)
        changes.activate(key("3"), default=DEFAULT)
    with store.read() as connection:
        choice = read_choice(connection)
    assert choice is not None
    assert (choice.model, choice.history) == (key("3"), (DEFAULT, key("2")))
    with store.write() as connection:
        assert ModelChanges(connection, Act(SYSTEM, NOW)).back().model == key("2")
    with store.read() as connection:
        assert list(connection.execute(select(model_events.c.action)).scalars()) == ["activated"] * 4
        assert len(list(connection.execute(select(audit_events.c.seq)).scalars())) == 4


def test_the_way_back_has_an_end(store: Store) -> None:
    with store.write() as connection:
        changes = ModelChanges(connection, Act(SYSTEM, NOW))
        for number in range(2 * MAX_HISTORY):
            choice = changes.activate(key(str(number)), default=DEFAULT)
    assert len(choice.history) == MAX_HISTORY
    assert choice.history[-1] == key(str(2 * MAX_HISTORY - 2))


def test_nothing_is_remembered_of_what_failed(store: Store) -> None:
    def fail() -> None:
        with store.write() as connection:
            ModelChanges(connection, Act(SYSTEM, NOW)).activate(key("2"), default=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as connection:
        assert read_choice(connection) is None
        assert list(connection.execute(select(model_events.c.seq)).scalars()) == []


def test_the_shadow_comes_and_goes(store: Store) -> None:
    with store.write() as connection:
        changes = ModelChanges(connection, Act(SYSTEM, NOW))
        with pytest.raises(ModelMissingError):
            changes.stop_shadow("2")
        shadow = changes.start_shadow(key("2"))
        assert read_shadow(connection) == shadow == Shadow(key("2"), since=NOW, started_at=NOW, dropped=0)
        fewer = changes.drop_from_shadow(shadow, since=NOW + timedelta(hours=1), dropped=3)
        assert read_shadow(connection) == fewer
        with pytest.raises(ModelMissingError):
            changes.stop_shadow("3")
        assert changes.stop_shadow("tiny@2").dropped == 3
        assert read_shadow(connection) is None


def test_giving_up_on_reports_does_not_bring_a_candidate_back(store: Store) -> None:
    with store.write() as connection:
        changes = ModelChanges(connection, Act(SYSTEM, NOW))
        old = changes.start_shadow(key("2"))
        changes.stop_shadow("2")
        assert changes.drop_from_shadow(old, since=NOW, dropped=3) is None
        assert read_shadow(connection) is None
        new = changes.start_shadow(key("3"))
        assert changes.drop_from_shadow(old, since=NOW, dropped=3) is None
        assert read_shadow(connection) == new


def test_what_waits_for_the_shadow(store: Store) -> None:
    at = [NOW + timedelta(minutes=number) for number in range(-1, 4)]
    _, *ids = [add_report(store, at=moment, text=f"words {moment.minute}") for moment in at]
    shadow = Shadow(key("2"), since=NOW, started_at=NOW)
    answer = Classification.model_validate(EXAMPLE_ANSWER)
    with store.write() as connection:
        assert count_waiting(connection, shadow, ()) == 4
        assert waiting_reports(connection, shadow, (), limit=3) == ids[:3]
        assert waiting_reports(connection, shadow, ids[:1], limit=2) == ids[1:3]
        assert nth_newest_waiting(connection, shadow, (), 2) == at[3]
        for _ in range(2):  # a second server, which had the same idea
            write_result(connection, ids[0], "2", answer, NOW)
        assert waiting_reports(connection, shadow, (), limit=9) == ids[1:]
        assert count_waiting(connection, Shadow(key("3"), NOW, NOW), ()) == 4
        (row,) = connection.execute(select(shadow_results)).mappings()
        assert row["prefill"] == answer.prefill.model_dump(mode="json")
        assert row["detections"][0][0]["label"] == "manhole_open"
        task = read_task(connection, ids[1])
    assert (task.text, [name for name, _ in task.photos]) == ("words 1", ["photo0.jpg"])


def test_a_lease_is_taken_kept_and_given(store: Store) -> None:
    length = timedelta(seconds=30)
    with store.write() as connection:
        assert take_lease(connection, "a", NOW, length)
        assert not take_lease(connection, "b", NOW, length)
        give_lease(connection, "b")
        assert not take_lease(connection, "b", NOW, length)
        give_lease(connection, "a")
        assert take_lease(connection, "b", NOW, length)
        assert not take_lease(connection, "a", NOW + 0.9 * length, length)
        assert take_lease(connection, "a", NOW + 1.1 * length, length)
