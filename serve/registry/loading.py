"""From a bundle on disk to a model that has proved that it runs."""

from collections.abc import Callable
from pathlib import Path

from hazardlens.model.bundle import read_bundle
from hazardlens.model.errors import (
    BundleChecksumError,
    BundleError,
    BundleInvalidError,
    BundleMissingError,
    HazardlensError,
    PolicyError,
)
from hazardlens.serve.errors import RequestError
from hazardlens.serve.logs import log_failure
from hazardlens.serve.model_slot import LoadedModel
from hazardlens.serve.registry.bundles import BundleShelf
from hazardlens.serve.registry.memory import FreedModels
from hazardlens.serve.registry.self_test import self_test
from hazardlens.serve.registry.state import ModelKey
from hazardlens.serve.registry.trial import needs_trial


class BundleLoader:
    """Loads bundles of a shelf; whatever fails becomes an error that names what is wrong."""

    def __init__(
        self,
        shelf: BundleShelf,
        load_model: Callable[[Path], LoadedModel],
        trial: Callable[[Path], None] | None = None,
    ) -> None:
        """Take the parts; `trial` is what a bundle of elsewhere has to pass before it is loaded."""
        self.shelf = shelf
        self._trial = trial
        self.freed = FreedModels()
        self._load_model = load_model

    def load(self, path: Path) -> LoadedModel:
        """Read, check, load, warm and test a bundle.

        Raises:
            BundleError: it must not be used.
            PolicyError: the policy beside it breaks its schema.
        """
        try:
            loaded = self._load_and_test(path)
        except HazardlensError:
            self.freed.note()
            raise
        self.freed.watch(loaded.classifier.detector)
        return loaded

    def load_chosen(self, model: ModelKey) -> LoadedModel:
        """Load a model that the database names.

        Raises:
            BundleError: it is not there, is no longer what it was, or must not be used.
            PolicyError: the policy beside it breaks its schema.
        """
        entry = self.shelf.find_sha256(model.sha256)
        if entry is None:
            raise self.why_gone(model)
        return self.load(entry.path)

    def told(self, error: HazardlensError) -> str:
        """An error in words for people elsewhere, who need not know where this machine keeps its files."""
        text = str(error)
        folders = {str(entry.path.parent) for entry in self.shelf.entries()}
        for folder in sorted(folders, key=len, reverse=True):  # one may lie in the other
            text = text.replace(f"{folder}/", "")
        return text

    def _load_and_test(self, path: Path) -> LoadedModel:
        if self._trial is not None and needs_trial(path):
            read_bundle(path)  # its own words and codes first: the trial's are fewer
            self._trial(path)
        try:
            loaded = self._load_model(path)
        except (BundleError, PolicyError):
            raise
        except HazardlensError as error:
            raise BundleInvalidError(f"the graph does not run: {error}") from error
        except Exception as error:  # graphs and runtimes fail in ways that nobody can list
            log_failure(error)
            raise BundleInvalidError(f"the model fails while it is loaded: {type(error).__name__}") from error
        self_test(loaded.classifier)
        return loaded

    def why_gone(self, model: ModelKey) -> BundleError:
        """Why no bundle has the content that a model was loaded from, or is to be loaded from."""
        try:
            entry = self.shelf.find(model.ref)
        except RequestError:
            return BundleMissingError(f"{model.ref}: no usable bundle of it is there")
        if entry.problem is not None:
            return type(entry.problem)(str(entry.problem))
        return BundleChecksumError(f"{model.ref}: its manifest is not the one that was chosen")


def key_of(model: LoadedModel) -> ModelKey:
    """How the database names a model."""
    detector = model.classifier.detector
    return ModelKey(detector.name, detector.version, model.sha256)
