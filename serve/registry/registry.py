"""Models in service: which one answers, how another takes its place while requests run, and what survives a restart.

A change is: read and check the bundle, load it beside the old one, run it on a picture, write the choice to the
database, and only then exchange the two by one assignment. Requests that run keep the model that they started with.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from hazardlens.model.detector import Detector
from hazardlens.model.errors import HazardlensError
from hazardlens.model.triage.policy import Policy
from hazardlens.serve.access.audit import Act
from hazardlens.serve.errors import ModelRefusedError, UnavailableError
from hazardlens.serve.logs import logged_for
from hazardlens.serve.model_slot import LoadedModel, ModelSlot, load_model
from hazardlens.serve.registry.bundles import BundleShelf, Entry
from hazardlens.serve.registry.choosing import ModelChanges
from hazardlens.serve.registry.errors import ModelInServiceError, NoPreviousModelError
from hazardlens.serve.registry.loading import BundleLoader, key_of
from hazardlens.serve.registry.metrics import ModelMetrics, Outcome
from hazardlens.serve.registry.on_disk import DiskWatch
from hazardlens.serve.registry.state import Choice, ModelKey, Shadow, read_choice, read_shadow
from hazardlens.serve.registry.trial import trial_of
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")


@dataclass(frozen=True, slots=True)
class Fallback:
    """The chosen model cannot be used here, so that another one answers in its place.

    Attributes:
        wanted: name@version of the chosen one; "unknown" as long as the database cannot tell.
        code: of the error that keeps it out.
        detail: that error in words.
    """

    wanted: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is to choose from, and what was chosen."""

    active: LoadedModel
    entries: list[Entry]
    choice: Choice | None
    shadow: Shadow | None
    fallback: Fallback | None


class ModelRegistry:
    """The models of one server. Methods block: they are for threads, never for the event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        slot: ModelSlot,
        store: Store,
        metrics: ModelMetrics,
        detector: Detector | None,
        policy: Policy | None,
        now: Callable[[], datetime],
    ) -> None:
        """Put the parts together; nothing is read yet.

        Args:
            settings: places of bundles and policy.
            slot: where the model in service is.
            store: where the choice is remembered.
            metrics: what is counted.
            detector: instead of the default bundle.
            policy: instead of the settings' policy file.
            now: the time, with zone.
        """
        self.shelf = BundleShelf(None if detector else settings.bundle_path, settings.registry_path)
        self.metrics = metrics

        def load(path: Path, given: Detector | None = None) -> LoadedModel:
            return load_model(
                bundle_path=path,
                policy_path=settings.policy_path,
                max_pixels=settings.max_pixels,
                detector=given,
                policy=policy,
                now=now,
            )

        self.loader = BundleLoader(self.shelf, load, trial_of(settings))
        self._load_default = partial(load, settings.bundle_path, detector)
        self.disk = DiskWatch(self.loader, slot, self.restore, settings.policy_path)
        self._default_is_set = "bundle_path" in settings.model_fields_set
        self._slot = slot
        self._store = store
        self._lock = threading.RLock()  # one change at a time
        self._fallback: Fallback | None = None
        self._tried: object = None

    @property
    def fallback(self) -> Fallback | None:
        """Why not the chosen model answers, where that is so."""
        return self._fallback

    def restore(self) -> LoadedModel:
        """The model to start with: the chosen one, or the default where nothing was chosen or it cannot be used.

        Raises:
            HazardlensError: the default cannot be used either.
        """
        with self._lock:
            try:
                choice = self._read_choice()
            except StoreUnavailableError as error:  # classifying needs no database; `follow` asks again once it is back
                choice = None
                self._fall_back("unknown", error)
            loaded = self._try_chosen(choice.model) if choice else None
            if loaded is not None and self._default_is_set:
                _log.info("chosen_model_goes_before_setting", chosen=loaded.ref)
            if loaded is None:
                loaded = self._load_default()
                self.loader.freed.watch(loaded.classifier.detector)
            self.metrics.in_service(loaded.classifier.detector.name, loaded.classifier.detector.version)
            return loaded

    def follow(self) -> None:
        """Do what was chosen elsewhere: at another server of this database, or on the command line.

        A chosen model that cannot be used is tried again when a bundle on disk changes; until then the old one stays.

        Raises:
            StoreUnavailableError: the database cannot be reached; nothing changes.
        """
        with self._lock:
            choice = self._read_choice()
            if choice is None or choice.model.sha256 == self._active_sha256():
                self._clear_fallback()
                return
            attempt = (choice.model, self.shelf.signature())
            if attempt == self._tried:
                return
            with logged_for(choice.request_id):
                loaded = self._try_chosen(choice.model)
                if loaded is not None:
                    self._put(loaded, "followed")

    def listing(self) -> Listing:
        """All models.

        Raises:
            UnavailableError: no model is in service, or the database cannot be reached.
        """
        active = self._slot.model
        with self._store.read() as connection:
            choice, shadow = read_choice(connection), read_shadow(connection)
        return Listing(active, self.shelf.entries(), choice, shadow, self._fallback)

    def activate(self, wanted: str, act: Act, *, detail: Mapping[str, Any] | None = None) -> LoadedModel:
        """Put a model into service, for this server at once and for others of this database within seconds.

        Args:
            wanted: version, name@version or folder.
            act: who wants it, and when.
            detail: for the record.

        Raises:
            ModelMissingError: there is no such bundle.
            ModelAmbiguousError: there are several.
            ModelRefusedError: it must not be used; the old model stays.
            StoreUnavailableError: the choice cannot be remembered; the old model stays.
        """
        with self._lock:
            entry = self.shelf.find(wanted)
            loaded = self._load_or_refuse(partial(self.loader.load, entry.path), entry.ref, act)
            with self._changes(act) as changes:
                changes.activate(key_of(loaded), default=self._default_key(), detail=detail)
            self._put(loaded, "activated")
            return loaded

    def rollback(self, act: Act) -> LoadedModel:
        """Put back what was in service before.

        Raises:
            NoPreviousModelError: nothing was.
            ModelRefusedError: it can no longer be used; the present model stays.
            StoreUnavailableError: the choice cannot be remembered; the present model stays.
        """
        with self._lock:
            choice = self._read_choice()
            before = choice.back() if choice else None
            if before is None:
                raise NoPreviousModelError("no other model was in service before this one")
            load = partial(self.loader.load_chosen, before.model)
            loaded = self._load_or_refuse(load, before.model.ref, act)
            with self._changes(act) as changes:
                changes.back()
            self._put(loaded, "activated")
            return loaded

    def start_shadow(self, wanted: str, act: Act) -> Shadow:
        """Let a candidate look at what comes in, without a say.

        Raises:
            ModelMissingError: there is no such bundle.
            ModelAmbiguousError: there are several.
            ModelInServiceError: it answers requests already.
            ModelRefusedError: it must not be used.
            StoreUnavailableError: the choice cannot be remembered.
        """
        with self._lock:
            entry = self.shelf.find(wanted)
            if entry.sha256 and entry.sha256 == self._active_sha256():
                raise ModelInServiceError(f"{entry.ref} answers requests already")
            loaded = self._load_or_refuse(partial(self.loader.load, entry.path), entry.ref, act)
            with self._changes(act) as changes:
                return changes.start_shadow(key_of(loaded))

    def stop_shadow(self, wanted: str, act: Act) -> Shadow:
        """Take a candidate out of the shadow; what it said stays.

        Raises:
            ModelMissingError: it is not there.
            StoreUnavailableError: the choice cannot be remembered.
        """
        with self._changes(act) as changes:
            return changes.stop_shadow(wanted)

    def _try_chosen(self, model: ModelKey) -> LoadedModel | None:
        self._tried = (model, self.shelf.signature())
        try:
            loaded = self.loader.load_chosen(model)
        except HazardlensError as error:
            self._fall_back(model.ref, error)
            return None
        self._clear_fallback()
        return loaded

    def _load_or_refuse(self, load: Callable[[], LoadedModel], name: str, act: Act) -> LoadedModel:
        try:
            return load()
        except HazardlensError as error:
            reason = self.loader.told(error)
            self.metrics.swap("refused")
            _log.warning("model_refused", wanted=name, code=error.code, reason=str(error))
            with self._changes(act) as changes:
                changes.refuse(name, code=error.code, reason=reason)
            raise ModelRefusedError(f"{name}: {reason}", error) from error

    @contextmanager
    def _changes(self, act: Act) -> Iterator[ModelChanges]:
        with self._store.write() as connection:
            yield ModelChanges(connection, act)

    def _put(self, loaded: LoadedModel, outcome: Outcome) -> None:
        self._slot.put(loaded)
        self._clear_fallback()
        self.metrics.in_service(loaded.classifier.detector.name, loaded.classifier.detector.version)
        self.metrics.swap(outcome)

    def _fall_back(self, wanted: str, error: HazardlensError) -> None:
        self._fallback = Fallback(wanted, error.code, self.loader.told(error))
        self.metrics.fallback(on=True)
        _log.error("chosen_model_unusable", wanted=wanted, code=error.code, reason=str(error))

    def _clear_fallback(self) -> None:
        self._fallback = None
        self.metrics.fallback(on=False)

    def _read_choice(self) -> Choice | None:
        with self._store.read() as connection:
            return read_choice(connection)

    def _active_sha256(self) -> str | None:
        try:
            return self._slot.model.sha256
        except UnavailableError:
            return None

    def _default_key(self) -> ModelKey | None:
        """What was in service when nobody had chosen yet: for the way back."""
        try:
            return key_of(self._slot.model)
        except UnavailableError:
            return None
