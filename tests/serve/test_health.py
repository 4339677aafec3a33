import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from hazardlens.model.bundle import Bundle, read_bundle
from hazardlens.model.detector import ScriptedDetector
from hazardlens.serve import model_slot
from hazardlens.serve.app import create_app
from hazardlens.serve.settings import load_settings
from support import pictures
from support.serving import CLASSIFY, PATIENCE_S, problem_of, serving, wait_until
from support.tiny_bundle import make_tiny_bundle

MODEL_ROUTES = ("/readyz", "/v1/models")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_tiny_bundle(tmp_path / "bundle")


def test_a_real_bundle_becomes_ready_and_answers(bundle: Bundle) -> None:
    with TestClient(create_app(load_settings(bundle_path=bundle.path))) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        ready = client.get("/readyz").json()
        answer = client.post(CLASSIFY, files={"file": pictures.jpeg()}).json()
    assert ready["status"] == "ready"
    assert ready["model"] == "tiny 0.1"
    assert answer["prefill"]["category"] == "stacked_clutter"
    assert answer["policy"] == ready["policy"]


def test_alive_before_ready(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def slowly(path: Path) -> Bundle:
        assert gate.wait(PATIENCE_S)
        return read_bundle(path)

    monkeypatch.setattr(model_slot, "read_bundle", slowly)
    with TestClient(create_app(load_settings(bundle_path=bundle.path))) as client:
        try:
            assert client.get("/healthz").json() == {"status": "alive"}
            responses = [client.get(route) for route in MODEL_ROUTES]
            responses.append(client.post(CLASSIFY, files={"file": pictures.jpeg()}))
            for response in responses:
                problem_of(response, 503, "model_loading")
                assert int(response.headers["retry-after"]) >= 1
        finally:
            gate.set()
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert client.post(CLASSIFY, files={"file": pictures.jpeg()}).status_code == 200


def _missing(path: Path) -> None:
    (path / "model.onnx").unlink()


def _swapped(path: Path) -> None:
    (path / "model.onnx").write_bytes(b"something else")


def _broken_manifest(path: Path) -> None:
    (path / "manifest.json").write_text("{}")


def _gone(path: Path) -> None:
    path.rename(path.parent / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "code", "named"),
    [
        (_missing, "bundle_missing", "model.onnx"),
        (_swapped, "bundle_checksum_mismatch", "model.onnx"),
        (_broken_manifest, "bundle_invalid", "manifest.json"),
        (_gone, "bundle_missing", "bundle"),
    ],
)
def test_a_bad_bundle_is_told_by_name_and_the_server_lives(
    bundle: Bundle, spoil: Callable[[Path], None], code: str, named: str
) -> None:
    spoil(bundle.path)
    with TestClient(create_app(load_settings(bundle_path=bundle.path))) as client:
        wait_until(lambda: client.get("/readyz").json()["code"] != "model_loading")
        problem = problem_of(client.get("/readyz"), 503, code)
        assert named in problem.detail
        assert str(bundle.path.parent) not in problem.detail
        refusal = problem_of(client.post(CLASSIFY, files={"file": pictures.jpeg()}), 503, code)
        assert "/readyz" in refusal.detail
        problem_of(client.get("/v1/models"), 503, code)
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200


def test_a_bad_policy_is_told_by_name(bundle: Bundle, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("version = 1")
    with TestClient(create_app(load_settings(bundle_path=bundle.path, policy_path=policy))) as client:
        wait_until(lambda: client.get("/readyz").json()["code"] != "model_loading")
        assert "policy.toml" in problem_of(client.get("/readyz"), 503, "policy_invalid").detail


def test_a_model_that_fails_in_an_unforeseen_way_is_told_too(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> Bundle:
        raise ZeroDivisionError("the inside")

    monkeypatch.setattr(model_slot, "read_bundle", broken)
    with TestClient(create_app(load_settings(bundle_path=bundle.path))) as client:
        wait_until(lambda: client.get("/readyz").json()["code"] != "model_loading")
        problem = problem_of(client.get("/readyz"), 503, "bundle_invalid")
    assert "ZeroDivisionError" in problem.detail
    assert "inside" not in problem.detail


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(ScriptedDetector([])) as client:
        yield client


@pytest.mark.parametrize("route", ["/healthz", "/readyz"])
def test_load_balancers_may_ask_with_head(client: TestClient, route: str) -> None:
    response = client.head(route)
    assert (response.status_code, response.content) == (200, b"")


def test_the_model_in_service_is_described(bundle: Bundle) -> None:
    with TestClient(create_app(load_settings(bundle_path=bundle.path))) as client:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        (model,) = client.get("/v1/models").json()["models"]
    assert (model["name"], model["version"], model["active"]) == ("tiny", "0.1", True)
    assert model["input_size_px"] == bundle.manifest.input.size_px
    assert [label["name"] for label in model["labels"]] == list(bundle.labels)
    assert model["labels"][0]["hazard"] == "stacked_clutter"
    assert model["labels"][0]["threshold"] == 0.25
    assert model["labels"][2]["hazard"] is None
    assert model["metrics"] == {"test_set": "none", "summary": {}, "hazards": {}}
