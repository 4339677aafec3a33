"""A bundle that must not be used is refused with its code, and the model in service stays."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.errors import BundleInvalidError, InferenceError
from hazardlens.model.images import Photo
from hazardlens.model.pipeline import Classifier
from hazardlens.model.triage.policy import SHIPPED_POLICY, load_policy
from hazardlens.serve.registry.self_test import self_test
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from support.models import (
    ENGINEER,
    Models,
    activate,
    custom_operator_onnx,
    failing_onnx,
    not_a_number_onnx,
    one_byte_changed,
    services_of,
    spoil_manifest,
    version_of_answer,
    write_unchecked,
)
from support.serving import LABELS, found, problem_of
from support.tiny_bundle import TINY_LABELS, tiny_onnx, tiny_output


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def _changed_byte(models: Models, version: str) -> None:
    one_byte_changed(models.add(version))


def _no_graph(models: Models, version: str) -> None:
    (models.add(version) / "model.onnx").unlink()


def _no_manifest(models: Models, version: str) -> None:
    (models.add(version) / "manifest.json").write_text("{}")


def _changed_threshold(models: Models, version: str) -> None:
    spoil_manifest(models.add(version), lambda document: document["labels"][0].update(threshold=7))


def _custom_operator(models: Models, version: str) -> None:
    write_unchecked(models.add(version), custom_operator_onnx())


def _does_not_run(models: Models, version: str) -> None:
    models.add_onnx(version, failing_onnx())


def _no_numbers(models: Models, version: str) -> None:
    models.add_onnx(version, not_a_number_onnx())


def _other_size(models: Models, version: str) -> None:
    models.add_onnx(version, tiny_onnx(tiny_output(TINY_LABELS, (), 96), 96))


def _empty(models: Models, version: str) -> None:
    path = models.add(version)
    for file in path.iterdir():
        file.unlink()


Spoil = Callable[[Models, str], None]

BAD: dict[str, tuple[Spoil, str, str]] = {
    "another byte": (_changed_byte, "bundle_checksum_mismatch", "model.onnx"),
    "no graph": (_no_graph, "bundle_missing", "model.onnx"),
    "no manifest": (_no_manifest, "bundle_invalid", "manifest.json"),
    "another threshold": (_changed_threshold, "bundle_invalid", "labels.0.threshold"),
    "an operator of its own": (_custom_operator, "bundle_invalid", "com.example.Magic"),
    "a graph that fails": (_does_not_run, "bundle_invalid", "does not run"),
    "a graph of no numbers": (_no_numbers, "bundle_invalid", "no numbers"),
    "a graph of another size": (_other_size, "bundle_invalid", "input"),
    "an empty folder": (_empty, "bundle_missing", "manifest.json"),
}
FAILS_ONLY_WHEN_LOADED = {"a graph that fails", "a graph of no numbers", "a graph of another size"}


def version_of(name: str) -> str:
    return name.replace(" ", "-")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server whose registry holds all the bad bundles, each in a version of its own."""
    models = Models(tmp_path_factory.mktemp("bad"))
    for name, (spoil, _, _) in BAD.items():
        spoil(models, version_of(name))
    with models.serving() as client:
        yield client


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("what", ["activate", "shadow"])
def test_refused_by_its_code_and_the_old_one_stays(client: TestClient, name: str, what: str) -> None:
    _, code, named = BAD[name]
    problem = problem_of(client.post(f"/v1/models/{version_of(name)}/{what}", headers=ENGINEER), 422, code)
    assert named in problem.detail
    assert not {"bundles/", "var/", "tmp/"} & set(re.findall(r"\w+/", problem.detail))
    assert version_of_answer(client) == "1"
    assert client.get("/readyz").json()["model"] == "tiny 1"
    assert "fallback" not in client.get("/readyz").json()
    assert client.get("/v1/models").json()["shadow"] is None


def test_bad_bundles_are_listed_with_their_problems(client: TestClient) -> None:
    active, *bad = client.get("/v1/models").json()["models"]
    assert (active["active"], active["problem"]) == (True, None)
    problems = {model["version"]: model["problem"] for model in bad}
    for name, (_, code, named) in BAD.items():
        problem = problems.pop(version_of(name))
        if name in FAILS_ONLY_WHEN_LOADED:
            assert problem is None
        else:
            assert (problem["code"], named in problem["detail"]) == (code, True)
            assert "/" not in problem["detail"]
    assert problems == {}
    assert not any(model["active"] for model in bad)


def test_a_bundle_that_was_mended_is_accepted(models: Models) -> None:
    path = models.add("2")
    good = (path / "model.onnx").read_bytes()
    one_byte_changed(path)
    with models.serving() as client:
        problem_of(activate(client, "2"), 422, "bundle_checksum_mismatch")
        (path / "model.onnx").write_bytes(good)
        assert activate(client, "2").status_code == 200


def test_a_bundle_that_turns_bad_after_it_was_listed_is_refused(models: Models) -> None:
    path = models.add("2")
    with models.serving() as client:
        assert client.get("/v1/models").json()["models"][1]["problem"] is None
        one_byte_changed(path)
        problem_of(activate(client, "tiny@2"), 422, "bundle_checksum_mismatch")


def test_a_choice_that_cannot_be_remembered_is_not_made(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    models.add("2")
    with models.serving() as client:

        def fail(_: Store) -> None:
            raise StoreUnavailableError("gone")

        with monkeypatch.context() as broken:
            broken.setattr(type(services_of(client).store), "write", fail)
            problem_of(activate(client, "2"), 503, "store_unavailable")
        assert version_of_answer(client) == "1"


def test_a_bad_policy_beside_the_new_model_is_refused(models: Models, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_bytes(SHIPPED_POLICY.read_bytes())
    models.add("2")
    with models.serving(policy_path=policy) as client:
        policy.write_text("version = 1")
        problem_of(activate(client, "2"), 422, "policy_invalid")
        assert version_of_answer(client) == "1"


def _raises(_: Photo) -> None:
    raise InferenceError("no")


def _unforeseen(_: Photo) -> None:
    raise ZeroDivisionError("the inside")


def _fickle() -> ScriptedDetector:
    return ScriptedDetector([found(), found("manhole_open")])


@pytest.mark.parametrize(
    ("detector", "told"),
    [
        pytest.param(ScriptedDetector(_raises), "the self-test fails: no", id="it fails"),  # type: ignore[arg-type]
        pytest.param(ScriptedDetector(_unforeseen), "ZeroDivisionError", id="unforeseen"),  # type: ignore[arg-type]
        pytest.param(_fickle(), "two different answers", id="it is fickle"),
    ],
)
def test_the_self_test_fails(detector: ScriptedDetector, told: str) -> None:
    with pytest.raises(BundleInvalidError, match=told) as raised:
        self_test(Classifier(detector, load_policy(SHIPPED_POLICY)))
    assert "inside" not in str(raised.value)


def test_the_self_test_passes_whatever_is_seen() -> None:
    for answers in ([found()], [found(label) for label in LABELS[:1]], []):
        self_test(Classifier(ScriptedDetector(answers), load_policy(SHIPPED_POLICY)))
