"""Bundles change on disk under a running server: damage is told, the model answers on, what is mended is taken."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.model_slot import LoadedModel
from support import pictures
from support.intake import send
from support.models import Models, activate, one_byte_changed, services_of, version_of_answer
from support.serving import CLASSIFY, problem_of, wait_until

QUICKLY = 0.02


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def _moved_away(path: Path) -> None:
    path.rename(path.with_name(".hidden"))


def _moved_back(path: Path) -> None:
    path.with_name(".hidden").rename(path)


def _damage(client: TestClient) -> dict[str, str] | None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    found: dict[str, str] | None = answer.json().get("damaged")
    return found


@pytest.mark.parametrize(
    ("spoil", "mend", "code", "words"),
    [
        (one_byte_changed, one_byte_changed, "bundle_checksum_mismatch", "model.onnx"),
        (_moved_away, _moved_back, "bundle_missing", "no "),
    ],
    ids=["a byte changed", "moved away"],
)
@pytest.mark.parametrize("version", ["1", "2"], ids=["default", "of the registry"])
def test_damage_is_told_and_the_model_answers_on(
    models: Models, spoil: Callable[[Path], None], mend: Callable[[Path], None], code: str, words: str, version: str
) -> None:
    path = {"1": models.default, "2": models.add("2")}[version]
    with models.serving(model_poll_s=QUICKLY) as client:
        activate(client, version)
        assert _damage(client) is None
        spoil(path)
        wait_until(lambda: _damage(client) is not None)
        damage = _damage(client) or {}
        assert (damage["model"], damage["code"]) == (f"tiny@{version}", code)
        assert words in damage["detail"]
        assert str(models.folder) not in damage["detail"]
        assert version_of_answer(client) == version
        mend(path)
        wait_until(lambda: _damage(client) is None)


def test_a_default_that_is_mended_is_taken_without_a_restart(models: Models) -> None:
    one_byte_changed(models.default)
    with models.serving(model_poll_s=QUICKLY) as client:
        problem_of(client.get("/readyz"), 503, "bundle_checksum_mismatch")
        problem_of(client.post(CLASSIFY, files={"file": pictures.jpeg()}), 503, "bundle_checksum_mismatch")
        assert send(client).status_code == 201
        _moved_away(models.default)
        wait_until(lambda: client.get("/readyz").json()["code"] == "bundle_missing")
        one_byte_changed(models.default.with_name(".hidden"))
        _moved_back(models.default)
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert version_of_answer(client) == "1"


def test_a_bundle_that_comes_late_and_fails_in_an_unforeseen_way_is_told(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    _moved_away(models.default)
    with models.serving() as client:
        registry = services_of(client).models
        problem_of(client.get("/readyz"), 503, "bundle_missing")

        def fail() -> LoadedModel:
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr(registry, "_load_default", fail)
            _moved_back(models.default)
            registry.disk.look()
        assert "ZeroDivisionError" in problem_of(client.get("/readyz"), 503, "bundle_invalid").detail
