"""The place of the model in service: being loaded, ready, or unusable with a reason; exchanged while requests run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from hazardlens.model.bundle import Manifest, read_bundle
from hazardlens.model.detector import Detector, OnnxDetector
from hazardlens.model.errors import BundleInvalidError, HazardlensError
from hazardlens.model.pipeline import Classifier, ModelRef
from hazardlens.model.reference import Reference
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
        sha256: of its bundle, see `Bundle.sha256`; empty for a detector that was handed in.
    """

    classifier: Classifier
    manifest: Manifest | None
    loaded_at: datetime
    sha256: str = ""

    @property
    def ref(self) -> str:
        """Name and version in one word."""
        return f"{self.classifier.detector.name}@{self.classifier.detector.version}"


class ModelSlot:
    """Holds the model in service. Who needs it takes it once and keeps it to the end of what they do.

    A model that was replaced is freed when the last of them lets go of it.
    """

    def __init__(self) -> None:
        self._state: LoadedModel | HazardlensError | None = None
        self._lock = threading.Lock()  # for those who look at the state and then change it

    @property
    def model(self) -> LoadedModel:
        """The model in service.

        Raises:
            ModelLoadingError: not yet.
            ModelUnusableError: it could not be loaded.
        """
        state = self._state
        if state is None:
            raise ModelLoadingError("the model is being loaded; try again in a moment", retry_after_s=RETRY_AFTER_S)
        if isinstance(state, HazardlensError):
            raise ModelUnusableError(state)
        return state

    @property
    def is_ready(self) -> bool:
        """Whether a model can answer."""
        return isinstance(self._state, LoadedModel)

    def reference_of(self, model: ModelRef) -> Reference | None:
        """What the model in service drew when it was measured, where it is this one and its bundle says so."""
        state = self._state
        if not isinstance(state, LoadedModel) or state.manifest is None:
            return None
        manifest = state.manifest
        return Reference.of(manifest) if (manifest.name, manifest.version) == (model.name, model.version) else None

    def put(self, loaded: LoadedModel) -> None:
        """Exchange the model: one assignment, so each request sees the old one or the new one. From any thread."""
        with self._lock:
            self._put(loaded)

    def fill(self, load: Callable[[], LoadedModel]) -> None:
        """Load the first model; an error becomes the slot's state, and the server lives on to tell it. From any thread.

        Args:
            load: may raise any error. When `put` is faster, its model stays.
        """
        found: LoadedModel | HazardlensError
        try:
            found = load()
        except HazardlensError as error:
            found = error
            _log.error("model_unusable", code=error.code, reason=str(error))
        except Exception as error:  # noqa: BLE001 - graphs and runtimes fail in ways that nobody can list
            log_failure(error)
            found = BundleInvalidError(f"the model fails while it is loaded: {type(error).__name__}")
        with self._lock:
            if self.is_ready:
                return
            if isinstance(found, HazardlensError):
                self._state = found
            else:
                self._put(found)

    def _put(self, loaded: LoadedModel) -> None:
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
    manifest, sha256 = None, ""
    if detector is None:
        bundle = read_bundle(bundle_path)
        manifest, sha256 = bundle.manifest, bundle.sha256
        # One core each: the workers are the parallelism, and sessions that share cores only wait for each other.
        onnx_detector = OnnxDetector(bundle, threads=1)
        onnx_detector.warm_up()
        detector = onnx_detector
    return LoadedModel(Classifier(detector, policy, max_pixels=max_pixels), manifest, now(), sha256)
