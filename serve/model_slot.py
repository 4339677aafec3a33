"""The place of the model in service: being loaded, ready, or unusable with a reason."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from hazardlens.model.bundle import Manifest, read_bundle
from hazardlens.model.detector import Detector, OnnxDetector
from hazardlens.model.errors import BundleInvalidError, HazardlensError
from hazardlens.model.pipeline import Classifier
from hazardlens.model.triage.policy import Policy, load_policy
from hazardlens.serve.errors import ModelLoadingError, ModelUnusableError
from hazardlens.serve.logs import log_failure

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

RETRY_AFTER_S: Final = 2


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that has run once.

    Attributes:
        classifier: ready to use, from many threads.
        manifest: its bundle's manifest; None for a detector that was handed in.
        loaded_at: when it became ready.
    """

    classifier: Classifier
    manifest: Manifest | None
    loaded_at: datetime


class ModelSlot:
    """Loads a model beside the running server, and hands it to whoever needs it."""

    def __init__(self, load: Callable[[], LoadedModel]) -> None:
        """`load` runs in a thread; it may raise any error."""
        self._load = load
        self._state: LoadedModel | HazardlensError | None = None

    @property
    def model(self) -> LoadedModel:
        """The model in service.

        Raises:
            ModelLoadingError: not yet.
            ModelUnusableError: it could not be loaded.
        """
        if self._state is None:
            raise ModelLoadingError("the model is being loaded; try again in a moment", retry_after_s=RETRY_AFTER_S)
        if isinstance(self._state, HazardlensError):
            raise ModelUnusableError(self._state)
        return self._state

    async def load(self) -> None:
        """Load the model; an error becomes the slot's state, and the server goes on living to tell it."""
        try:
            loaded = await asyncio.to_thread(self._load)
        except HazardlensError as error:
            self._state = error
            _log.error("model_unusable", code=error.code, reason=str(error))
        except Exception as error:  # noqa: BLE001 - graphs and runtimes fail in ways that nobody can list
            log_failure(error)
            self._state = BundleInvalidError(f"the model fails while it is loaded: {type(error).__name__}")
        else:
            self._state = loaded
            detector = loaded.classifier.detector
            _log.info("model_ready", name=detector.name, version=detector.version, policy=loaded.classifier.policy.id)


def load_model(
    *,
    bundle_path: Path,
    policy_path: Path,
    max_pixels: int,
    detector: Detector | None,
    policy: Policy | None,
    now: Callable[[], datetime],
) -> LoadedModel:
    """Read, check, load and warm what serving needs; a detector or policy that is given is taken as it is.

    Raises:
        BundleError: the bundle must not be used.
        InferenceError: its graph does not run.
        PolicyError: the policy breaks its schema.
    """
    policy = policy or load_policy(policy_path)
    manifest = None
    if detector is None:
        bundle = read_bundle(bundle_path)
        manifest = bundle.manifest
        # One core each: the workers are the parallelism, and sessions that share cores only wait for each other.
        onnx_detector = OnnxDetector(bundle, threads=1)
        onnx_detector.warm_up()
        detector = onnx_detector
    return LoadedModel(Classifier(detector, policy, max_pixels=max_pixels), manifest, now())
