"""A model that passed every check on paper is tried in a process of its own, which has limits."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from hazardlens.model.bundle import SHIPPED_BUNDLE
from hazardlens.model.errors import BundleInvalidError
from hazardlens.model.onnx_rules import check_onnx
from hazardlens.serve.registry.trial import Trial, needs_trial, trial_of
from hazardlens.serve.settings import load_settings
from support.models import ENGINEER, Models, activate, failing_onnx, version_of_answer
from support.project import REPO
from support.serving import problem_of
from support.tiny_bundle import TINY_BOXES, TINY_LABELS, TINY_SIZE_PX, tiny_onnx, tiny_output

MIB: Final = 1024 * 1024
GOOD: Final = tiny_onnx(tiny_output(TINY_LABELS, TINY_BOXES, TINY_SIZE_PX))


def _greedy() -> bytes:
    """Two columns of numbers, each small, whose product asks for 160 GB."""
    model = onnx.load_from_string(GOOD)
    for name, shape in (("column", (200_000, 1)), ("row", (1, 200_000))):
        model.graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32), name))
    model.graph.node.insert(0, helper.make_node("MatMul", ["column", "row"], ["much"]))
    model.graph.node.insert(1, helper.make_node("ReduceMean", ["much"], ["zero"], keepdims=0))
    del model.graph.initializer[1]  # the old zero
    return bytes(model.SerializeToString())


def _endless() -> bytes:
    """A photo's mean, made wide and multiplied with itself a thousand times: hours of work in 200 kB."""
    model = onnx.load_from_string(GOOD)
    model.graph.initializer.append(numpy_helper.from_array(np.array([3000, 3000], np.int64), "wide"))
    nodes = [helper.make_node("Expand", ["mean", "wide"], ["m0"])]
    nodes += [helper.make_node("MatMul", [f"m{n}", f"m{n}"], [f"m{n + 1}"]) for n in range(1000)]
    nodes += [helper.make_node("ReduceMean", ["m1000"], ["late"], keepdims=0)]
    for number, node in enumerate(nodes):
        model.graph.node.insert(1 + number, node)
    model.graph.node[-2].input[0] = "late"
    return bytes(model.SerializeToString())


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def test_a_good_model_comes_through(models: Models) -> None:
    Trial(60, 512 * MIB)(models.add("2"))


def test_a_graph_that_asks_for_all_memory_passes_on_paper_and_not_in_the_trial(models: Models) -> None:
    check_onnx(_greedy())
    with pytest.raises(BundleInvalidError, match="the trial fails"):
        Trial(60, 512 * MIB)(models.add_onnx("2", _greedy()))


def test_a_graph_that_never_ends_is_given_up(models: Models) -> None:
    check_onnx(_endless())
    with pytest.raises(BundleInvalidError, match=r"not done within 6 s|does not survive it \(signal"):
        Trial(6, 512 * MIB)(models.add_onnx("2", _endless()))


def test_what_the_runtime_says_is_told_in_one_line(models: Models) -> None:
    with pytest.raises(BundleInvalidError, match=r"^the trial fails: the graph does not run: model tiny 2: [^\n]+$"):
        Trial(60, 512 * MIB)(models.add_onnx("2", failing_onnx()))


def test_a_process_that_dies_is_a_refusal(models: Models, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    killed = tmp_path / "python"
    killed.write_text("#!/bin/sh\nkill -SEGV $$\n")
    killed.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(killed))
    with pytest.raises(BundleInvalidError, match=r"does not survive it \(signal 11\)"):
        Trial(60, 512 * MIB)(models.add("2"))


def test_the_trial_knows_no_secret_of_the_server(
    models: Models, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    teller = tmp_path / "python"
    teller.write_text(f"#!/bin/sh\n/usr/bin/env > {told}\n")
    teller.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(teller))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("HAZARDLENS_DATABASE_URL", "postgresql://li:hush@db/x")
    Trial(60, 512 * MIB)(models.add("2"))
    assert "OMP_NUM_THREADS" in told.read_text()
    assert "hush" not in told.read_text()


def test_the_server_stays_with_its_model_and_says_why(models: Models) -> None:
    models.add_onnx("2", _greedy())
    models.add("3")
    with models.serving(model_trial_s=60, model_trial_bytes=512 * MIB) as client:
        problem = problem_of(activate(client, "2"), 422, "bundle_invalid")
        assert "the trial fails" in problem.detail
        problem_of(client.post("/v1/models/2/shadow", headers=ENGINEER), 422, "bundle_invalid")
        assert version_of_answer(client) == "1"
        assert activate(client, "3").status_code == 200
        assert version_of_answer(client) == "3"


def test_what_ships_needs_no_trial_and_no_seconds_mean_none() -> None:
    assert not needs_trial(SHIPPED_BUNDLE)
    assert needs_trial(SHIPPED_BUNDLE.parent / "elsewhere")
    assert trial_of(load_settings(model_trial_s=0)) is None
    assert trial_of(load_settings()) == Trial(60, 2048 * MIB)


MUTANTS: Final = """
import json, resource, sys
from hazardlens.model.bundle import Bundle, read_bundle, SHIPPED_BUNDLE
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.errors import HazardlensError
from hazardlens.model.onnx_rules import check_onnx
from hazardlens.serve.registry.trial_process import _limit
from support.mutants import mutants

_limit(1200, 1024 * 1024 * 1024)
good, first = read_bundle(SHIPPED_BUNDLE), int(sys.argv[2])
for number, (name, content) in enumerate(mutants((SHIPPED_BUNDLE / "model.onnx").read_bytes(), int(sys.argv[1]), 6)):
    if number < first:
        continue
    print(json.dumps([number, name, "begun"]), flush=True)
    try:
        check_onnx(content)
    except ValueError:
        outcome = "refused"
    else:
        try:
            OnnxDetector(Bundle(good.path, good.manifest, content)).warm_up()
            outcome = "runs"
        except (HazardlensError, MemoryError):
            outcome = "told"
    print(json.dumps([number, name, outcome]), flush=True)
"""


@pytest.mark.slow(reason="costs 10 s: 300 damaged copies of the model that ships are loaded and run")
def test_300_damaged_copies_are_refused_told_or_run_and_none_takes_this_process_along() -> None:
    """Where the runtime dies of one, its process does, and the next one goes on behind it."""
    count, first = 300, 0
    outcomes: dict[int, str] = {}
    died: list[str] = []
    while first < count:
        done = subprocess.run(
            [sys.executable, "-c", MUTANTS, str(count), str(first)],
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
            env={**os.environ, "PYTHONPATH": str(REPO / "tests"), "OMP_NUM_THREADS": "1"},
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
        assert lines, done.stderr[-2000:]
        outcomes |= {number: outcome for number, _, outcome in lines}
        if done.returncode == 0:
            break
        number, name, outcome = lines[-1]
        assert outcome == "begun", done.stderr[-2000:]
        died.append(name)
        first = number + 1
    found = {outcome: list(outcomes.values()).count(outcome) for outcome in ("refused", "told", "runs", "begun")}
    assert sum(found.values()) == count, found
    assert found["refused"] >= 130, found
    assert len(died) == found["begun"] <= 3, (found, died)
