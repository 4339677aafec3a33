"""Who fills the slot of the model where several want to."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest

from hazardlens.model.detector_seam import ScriptedDetector
from hazardlens.model.errors import BundleMissingError
from hazardlens.model.pipeline import Classifier
from hazardlens.model.triage.policy import load_policy
from hazardlens.serve.errors import ModelUnusableError
from hazardlens.serve.model_slot import LoadedModel, ModelSlot
from hazardlens.serve.settings import Settings
from support.serving import wait_until

POLICY: Final = load_policy(Settings.model_fields["policy_path"].default)


def loaded() -> LoadedModel:
    return LoadedModel(Classifier(ScriptedDetector([]), POLICY), None, datetime.now(UTC))


def missing() -> LoadedModel:
    raise BundleMissingError("no bundle")


class TellingLock:
    """A lock that tells when somebody wants it."""

    def __init__(self) -> None:
        self.wanted = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.wanted.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_what_fails_is_told_until_there_is_a_model() -> None:
    slot = ModelSlot()
    slot.fill(missing)
    with pytest.raises(ModelUnusableError) as told:
        _ = slot.model
    assert told.value.reason.code == "bundle_missing"
    slot.fill(loaded)
    before = slot.model
    slot.fill(missing)
    slot.fill(loaded)
    assert slot.model is before


@pytest.mark.parametrize("load", [loaded, missing])
def test_who_activates_in_the_very_moment_wins(
    load: Callable[[], LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    slot, chosen, lock = ModelSlot(), loaded(), TellingLock()
    slot._lock = lock  # type: ignore[assignment]
    activating = threading.Thread(target=slot.put, args=(chosen,))

    def looks_empty(_: ModelSlot) -> bool:
        lock.wanted.acquire(blocking=False)  # of this thread, if it has it
        activating.start()
        wait_until(lambda: lock.wanted.acquire(blocking=False) or not activating.is_alive())
        return False

    monkeypatch.setattr(ModelSlot, "is_ready", property(looks_empty))
    slot.fill(load)
    activating.join()
    assert slot.model is chosen
