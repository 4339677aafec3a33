"""kill -9 while models are exchanged: the next start serves one whole model, and says which."""

import contextlib
import random
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from hazardlens.serve.access.roles import Role
from support import pictures
from support.killing import run, run_and_kill
from support.models import one_byte_changed
from support.plug import WAIT_S, MakePlug, Plug, signed_in
from support.tiny_bundle import make_tiny_bundle

CUT_OFF: Final = (httpx2.TransportError, httpx2.HTTPStatusError)
KILLS: Final = 3


@dataclass
class Changes:
    """An engineer who exchanges two models until nobody answers."""

    plug: Plug
    last: str = ""
    begun: str = ""

    def go_on(self) -> None:
        with contextlib.suppress(*CUT_OFF), signed_in(self.plug, "gao") as client:
            while True:
                for version in ("2", "3"):
                    self.begun = version
                    client.post(f"/v1/models/{version}/activate").raise_for_status()
                    self.last = version


def _answers_with(plug: Plug) -> str:
    photo = {"file": ("a.jpg", pictures.jpeg(), "image/jpeg")}
    answer = httpx2.post(f"{plug.address}/v1/classify", files=photo, timeout=WAIT_S).raise_for_status()
    return str(answer.json()["model"]["version"])


@pytest.fixture
def engineered(make_plug: MakePlug) -> Plug:
    """A server with two models to choose from, and an engineer called gao."""
    plug = make_plug({"HAZARDLENS_MODEL_TRIAL_S": "0", "HAZARDLENS_MODEL_POLL_S": "0.2"})
    plug.add_account("gao", Role.ENGINEER)
    for version in ("2", "3"):
        make_tiny_bundle(plug.folder / "bundles" / f"tiny@{version}", version=version)
    return plug


@pytest.mark.slow
def test_the_start_after_a_kill_serves_the_model_that_was_chosen(engineered: Plug) -> None:
    """20 s: a server that is started four times and killed three times."""
    dice = random.Random(2)  # noqa: S311 - chance, not secrets
    changes = Changes(engineered)
    engineered.start()
    for _ in range(KILLS):
        changes.last = ""
        engineer = threading.Thread(target=changes.go_on)
        engineer.start()
        engineered.wait_for(lambda: changes.last != "")
        threading.Event().wait(dice.uniform(0, 0.5))
        engineered.pull()
        engineer.join()
        engineered.start()
        said = engineered.readyz()[1]
        assert said["model"].split() in (["tiny", changes.last], ["tiny", changes.begun])
        assert {"fallback", "damaged"}.isdisjoint(said)
        assert _answers_with(engineered) == said["model"].split()[1]


@pytest.mark.slow
def test_a_promotion_that_is_killed_leaves_no_half_model(engineered: Plug, tmp_path: Path) -> None:
    """20 s: a server, and a command that is killed three times."""
    dice = random.Random(4)  # noqa: S311 - chance, not secrets
    candidate = make_tiny_bundle(tmp_path / "candidate", version="4").path
    registry = engineered.folder / "bundles"
    promote = ("promote", str(candidate), "--force", "--reason", "a test")
    engineered.start()
    for _ in range(KILLS):
        run_and_kill(engineered, *promote, begun=lambda: any(registry.glob(".new-*")), within_s=0.1, dice=dice)
        said = engineered.readyz()[1]
        assert said["model"] in {"tiny 1", "tiny 4"}
        assert {"fallback", "damaged"}.isdisjoint(said)
        with signed_in(engineered, "gao") as client:
            listed = client.get("/v1/models").raise_for_status().json()["models"]
        assert [model for model in listed if model.get("problem")] == []
    run(engineered, *promote)
    engineered.wait_for(lambda: engineered.readyz()[1]["model"] == "tiny 4")
    assert _answers_with(engineered) == "4"


@pytest.mark.slow
def test_a_bundle_that_is_damaged_under_a_running_server(engineered: Plug) -> None:
    """15 s: a server that is started twice."""
    path = engineered.folder / "bundles" / "tiny@2"
    engineered.start()
    with signed_in(engineered, "gao") as client:
        client.post("/v1/models/2/activate").raise_for_status()
    one_byte_changed(path)
    engineered.wait_for(lambda: "damaged" in engineered.readyz()[1])
    assert engineered.readyz()[1]["damaged"]["code"] == "bundle_checksum_mismatch"
    assert _answers_with(engineered) == "2"
    engineered.pull()
    engineered.start()
    fallback = engineered.readyz()[1]["fallback"]
    assert (fallback["wanted"], fallback["code"]) == ("tiny@2", "bundle_checksum_mismatch")
    assert _answers_with(engineered) == "1"
    one_byte_changed(path)
    engineered.wait_for(lambda: engineered.readyz()[1]["model"] == "tiny 2")
    assert {"fallback", "damaged"}.isdisjoint(engineered.readyz()[1])
    assert _answers_with(engineered) == "2"
