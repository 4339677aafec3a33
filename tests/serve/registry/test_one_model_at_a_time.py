"""A request is answered by one model throughout, and the old one is gone when nobody needs it any more."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from httpx2 import Response

from hazardlens.model.bundle import Bundle, read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.serve import model_slot
from support import pictures
from support.models import Models, activate, services_of, version_of_answer
from support.serving import CLASSIFY, PATIENCE_S


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def test_what_runs_keeps_its_model_and_what_comes_gets_the_new_one(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.add("2")
    infer, gate, entered = OnnxDetector.infer, threading.Event(), threading.Semaphore(0)

    def slowly(self: OnnxDetector, tensor: object) -> object:
        if self.version == "1":
            entered.release()
            assert gate.wait(PATIENCE_S)
        return infer(self, tensor)  # type: ignore[arg-type]

    with models.serving(inference_threads=2) as client, ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(OnnxDetector, "infer", slowly)
        old = weakref.ref(services_of(client).slot.model.classifier.detector)

        def ask() -> Response:
            return client.post(CLASSIFY, files=[("file", pictures.jpeg()), ("file", pictures.jpeg())])

        running = threads.submit(ask)
        assert entered.acquire(timeout=PATIENCE_S)
        assert activate(client, "2").status_code == 200
        assert version_of_answer(client) == "2"
        assert old() is not None
        gate.set()
        answer = running.result(PATIENCE_S).json()
        assert answer["model"]["version"] == "1"
        labels = [[found["label"] for found in photo["detections"]] for photo in answer["media"]]
        assert labels == [["stacked_clutter"], ["stacked_clutter"]]
        del answer, running
        gc.collect()
        assert old() is None


def test_requests_are_answered_while_another_model_is_loaded(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    models.add("2")
    gate, entered = threading.Event(), threading.Semaphore(0)

    def slowly(path: Path) -> Bundle:
        entered.release()
        assert gate.wait(PATIENCE_S)
        return read_bundle(path)

    with models.serving() as client, ThreadPoolExecutor(2) as threads:
        monkeypatch.setattr(model_slot, "read_bundle", slowly)
        asked = [threads.submit(activate, client, "2") for _ in range(2)]
        assert entered.acquire(timeout=PATIENCE_S)
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/models").json()["models"][0]["version"] == "1"
        assert version_of_answer(client) == "1"
        assert not entered.acquire(blocking=False)  # one at a time: the other one waits for its turn
        gate.set()
        assert [answer.result(PATIENCE_S).status_code for answer in asked] == [200, 200]
        assert version_of_answer(client) == "2"


def test_a_model_that_was_replaced_while_idle_is_freed_at_once(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        version_of_answer(client)
        old = weakref.ref(services_of(client).slot.model.classifier.detector)
        activate(client, "2")
        gc.collect()
        assert old() is None


def test_a_model_that_was_refused_leaves_nothing_behind(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    models.add("2")
    made: list[weakref.ref[OnnxDetector]] = []
    start = OnnxDetector.__init__

    def noting(self: OnnxDetector, *args: object, **options: object) -> None:
        made.append(weakref.ref(self))
        start(self, *args, **options)  # type: ignore[arg-type]

    def fail(_: object) -> None:
        raise ZeroDivisionError

    with models.serving() as client:
        monkeypatch.setattr(OnnxDetector, "__init__", noting)
        monkeypatch.setattr(OnnxDetector, "detect", fail)
        assert activate(client, "2").status_code == 422
        gc.collect()
        assert [ref() for ref in made] == [None]


def test_memory_is_given_back_when_a_model_is_freed_and_not_before(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        freed = services_of(client).models.loader.freed
        freed.tidy()
        assert freed._freed.is_set() is False
        activate(client, "2")
        gc.collect()
        assert freed._freed.is_set() is True
        freed.tidy()
        assert freed._freed.is_set() is False
