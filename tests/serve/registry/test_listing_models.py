"""What there is: the model in service first, then all others, and each one's card."""

from pathlib import Path

import pytest

from hazardlens.model.bundle import read_bundle
from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve.registry import bundles
from hazardlens.serve.registry.bundles import BundleShelf
from support.models import ENGINEER, Models, activate, one_byte_changed
from support.serving import found, problem_of, serving


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def test_all_models_and_which_one_answers(models: Models) -> None:
    models.add("2")
    models.add("3")
    with models.serving() as client:
        listed = client.get("/v1/models").json()
        assert [(model["ref"], model["origin"], model["active"]) for model in listed["models"]] == [
            ("tiny@1", "default", True),
            ("tiny@2", "registry", False),
            ("tiny@3", "registry", False),
        ]
        assert listed["previous"] is listed["shadow"] is listed["fallback"] is None
        activate(client, "3")
        listed = client.get("/v1/models").json()
    assert [(model["ref"], model["active"]) for model in listed["models"]] == [
        ("tiny@3", True),
        ("tiny@1", False),
        ("tiny@2", False),
    ]
    assert [model["loaded_at"] is None for model in listed["models"]] == [False, True, True]
    assert listed["previous"] == "tiny@1"


def test_the_one_in_the_shadow_is_marked(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        client.post("/v1/models/2/shadow", headers=ENGINEER)
        listed = client.get("/v1/models").json()
    assert [model["shadow"] for model in listed["models"]] == [False, True]
    assert (listed["shadow"]["version"], listed["shadow"]["dropped"]) == ("2", 0)


def test_a_model_whose_folder_is_gone_still_answers_and_is_listed(models: Models) -> None:
    path = models.add("2")
    with models.serving() as client:
        activate(client, "2")
        path.rename(models.folder / "elsewhere")
        listed = client.get("/v1/models").json()["models"]
    assert [(model["ref"], model["active"]) for model in listed] == [("tiny@2", True), ("tiny@1", False)]


def test_hidden_folders_and_files_are_no_models(models: Models) -> None:
    (models.registry / ".half-copied").mkdir(parents=True)
    (models.registry / "notes.txt").write_text("x")
    with models.serving() as client:
        assert len(client.get("/v1/models").json()["models"]) == 1


def test_a_detector_that_was_handed_in_is_the_default() -> None:
    with serving(ScriptedDetector([found()])) as client:
        (model,) = client.get("/v1/models").json()["models"]
    assert (model["name"], model["active"], model["sha256"], model["metrics"]) == ("scripted", True, None, None)


def test_a_card_is_markdown(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        for version in ("1", "2", "tiny@2"):
            card = client.get(f"/v1/models/{version}/card")
            assert card.headers["content-type"] == "text/markdown; charset=utf-8"
            assert card.text.startswith("# Tiny\n")
        problem_of(client.get("/v1/models/9/card"), 404, "model_missing")


def test_a_card_of_a_bad_bundle_is_not_shown(models: Models) -> None:
    one_byte_changed(models.add("2"))
    with models.serving() as client:
        problem_of(client.get("/v1/models/2/card"), 422, "bundle_checksum_mismatch")


def test_a_bundle_is_read_when_it_is_new_or_changed_and_not_again(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = models.add("2")
    read: list[str] = []

    def noting(path: Path) -> object:
        read.append(path.name)
        return read_bundle(path)

    monkeypatch.setattr(bundles, "read_bundle", noting)
    shelf = BundleShelf(models.default, models.registry)
    for _ in range(3):
        assert [entry.problem for entry in shelf.entries()] == [None, None]
    assert read == ["default", "tiny@2"]
    before = shelf.signature()
    one_byte_changed(path)
    assert shelf.signature() != before
    assert [entry.problem is None for entry in shelf.entries()] == [True, False]
    assert read == ["default", "tiny@2", "tiny@2"]


def test_what_is_known_of_a_bad_bundle_holds_none_of_its_bytes(models: Models) -> None:
    one_byte_changed(models.add("2"))
    problem = BundleShelf(None, models.registry).entries()[0].problem
    assert problem is not None
    assert (problem.__traceback__, problem.__cause__, problem.__context__) == (None, None, None)
