"""What was chosen survives a restart; what was chosen elsewhere is followed; what cannot be used is told loudly."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.registry.registry import Fallback, ModelRegistry
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from support.models import ENGINEER, Models, activate, one_byte_changed, services_of, version_of_answer
from support.serving import problem_of, wait_until


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def gauge(client: TestClient, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name} ")))


def test_the_choice_survives_a_restart(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        activate(client, "2")
    with models.serving() as client:
        assert version_of_answer(client) == "2"
        assert client.get("/v1/models").json()["previous"] == "tiny@1"


def test_the_choice_is_of_one_content_wherever_its_folder_has_gone(models: Models) -> None:
    path = models.add("2")
    with models.serving() as client:
        activate(client, "2")
    path.rename(path.with_name("renamed"))
    with models.serving() as client:
        assert version_of_answer(client) == "2"


def _broken(path: Path) -> None:
    one_byte_changed(path)


def _gone(path: Path) -> None:
    path.rename(path.parents[2] / "elsewhere")


def _another_of_that_version(path: Path) -> None:
    path.rename(path.parents[2] / "elsewhere")
    Models(path.parents[2]).add("2", "stacked_clutter")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_broken, "bundle_checksum_mismatch"),
        (_gone, "bundle_missing"),
        (_another_of_that_version, "bundle_checksum_mismatch"),
    ],
    ids=["broken", "gone", "another of that version"],
)
def test_what_cannot_be_restored_is_told_and_the_default_answers(
    models: Models, spoil: object, code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = models.add("2")
    with models.serving() as client:
        activate(client, "2")
    assert callable(spoil)
    spoil(path)
    with models.serving() as client:
        assert version_of_answer(client) == "1"
        fallback = client.get("/readyz").json()["fallback"]
        assert (fallback["wanted"], fallback["code"]) == ("tiny@2", code)
        assert str(models.folder) not in fallback["detail"]
        assert client.get("/v1/models").json()["fallback"] == fallback
        assert gauge(client, "hazardlens_model_fallback") == 1
    assert "chosen_model_unusable" in "".join(capfd.readouterr())


def test_what_was_mended_comes_back_by_itself(models: Models) -> None:
    path = models.add("2")
    good = (path / "model.onnx").read_bytes()
    with models.serving() as client:
        activate(client, "2")
    one_byte_changed(path)
    with models.serving() as client:
        registry = services_of(client).models
        registry.follow()
        assert version_of_answer(client) == "1"
        (path / "model.onnx").write_bytes(good)
        registry.follow()
        assert version_of_answer(client) == "2"
        assert "fallback" not in client.get("/readyz").json()
        assert gauge(client, "hazardlens_model_fallback") == 0


def test_another_choice_ends_the_fallback(models: Models) -> None:
    path = models.add("2")
    models.add("3")
    with models.serving() as client:
        activate(client, "2")
    one_byte_changed(path)
    with models.serving() as client:
        assert activate(client, "3").status_code == 200
        assert "fallback" not in client.get("/readyz").json()
        problem_of(client.post("/v1/models/rollback", headers=ENGINEER), 422, "bundle_checksum_mismatch")
        assert version_of_answer(client) == "3"


def test_a_second_server_follows(models: Models) -> None:
    models.add("2")
    with models.serving() as first, models.serving() as second:
        activate(first, "2")
        assert version_of_answer(second) == "1"
        services_of(second).models.follow()
        assert version_of_answer(second) == "2"
        services_of(first).models.follow()
        assert version_of_answer(first) == "2"
        assert 'hazardlens_model_swaps_total{outcome="followed"} 0.0' in first.get("/metrics").text
        assert 'hazardlens_model_swaps_total{outcome="followed"} 1.0' in second.get("/metrics").text


def test_a_server_follows_without_being_told(models: Models) -> None:
    models.add("2")
    with models.serving(model_poll_s=0.01) as first, models.serving(model_poll_s=0.01) as second:
        activate(first, "2")
        wait_until(lambda: version_of_answer(second) == "2")


def test_a_second_server_that_lacks_the_bundle_keeps_its_model_and_says_so_once(
    models: Models, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    models.add("2")
    with models.serving() as first, models.serving(bundles_path=tmp_path / "empty") as second:
        activate(first, "2")
        for _ in range(3):
            services_of(second).models.follow()
        assert version_of_answer(second) == "1"
        assert second.get("/readyz").json()["fallback"]["code"] == "bundle_missing"
    assert "".join(capfd.readouterr()).count("chosen_model_unusable") == 1


def test_a_database_that_is_gone_for_a_while_changes_nothing(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    models.add("2")
    with models.serving(model_poll_s=0.01) as client:
        registry = services_of(client).models
        tries: list[int] = []

        def fail() -> None:
            tries.append(1)
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr(registry, "_read_choice", fail)
            wait_until(lambda: len(tries) > 2)
            assert version_of_answer(client) == "1"
        registry.activate("2", Act(SYSTEM, datetime.now(UTC)))
        assert version_of_answer(client) == "2"


def test_a_database_that_comes_late_is_followed_then(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    models.add("2")
    with models.serving() as client:
        activate(client, "2")

    def fail(_: Store) -> None:
        raise StoreUnavailableError("not yet")

    with monkeypatch.context() as late:
        late.setattr(ModelRegistry, "_read_choice", fail)
        server = models.serving()
        client = server.__enter__()
    try:
        assert version_of_answer(client) == "1"
        assert services_of(client).models.fallback == Fallback("unknown", "store_unavailable", "not yet")
        services_of(client).models.follow()
        assert version_of_answer(client) == "2"
        assert services_of(client).models.fallback is None
    finally:
        server.__exit__(None, None, None)


def test_who_activates_while_the_first_model_is_still_being_loaded_wins(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        services = services_of(client)
        started = services.models.restore()
        services.models.activate("2", Act(SYSTEM, datetime.now(UTC)))
        services.slot.fill(lambda: started)
        assert version_of_answer(client) == "2"
