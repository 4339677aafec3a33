"""What the command line does to models: on the database and the registry's folder, beside servers that follow."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hazardlens.serve.access.audit import Act
from hazardlens.serve.model_slot import LoadedModel, load_model
from hazardlens.serve.registry.bundles import BundleShelf, Entry
from hazardlens.serve.registry.choosing import ModelChanges
from hazardlens.serve.registry.errors import NoPreviousModelError
from hazardlens.serve.registry.loading import BundleLoader, key_of
from hazardlens.serve.registry.state import Choice, ModelKey, Shadow, read_choice, read_shadow
from hazardlens.serve.registry.trial import trial_of
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.engine import Store


@dataclass(frozen=True, slots=True)
class DeskListing:
    """What there is, and what was chosen; None where nothing was: the default is in service."""

    entries: list[Entry]
    choice: Choice | None
    shadow: Shadow | None


class ModelDesk:
    """Models of one installation. Servers that run do within seconds what is written here."""

    def __init__(self, settings: Settings, store: Store, now: Callable[[], datetime]) -> None:
        """Put the parts together.

        Args:
            settings: places of bundles and policy.
            store: with its tables.
            now: the time, with zone.
        """
        self.shelf = BundleShelf(settings.bundle_path, settings.registry_path)
        self._settings = settings
        self._store = store
        self._now = now
        self._loader = BundleLoader(self.shelf, self._load_model, trial_of(settings))

    def listing(self) -> DeskListing:
        """All models.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._store.read() as connection:
            return DeskListing(self.shelf.entries(), read_choice(connection), read_shadow(connection))

    def activate(self, path: Path, act: Act, *, detail: Mapping[str, Any]) -> ModelKey:
        """Load and try a bundle of the registry, then choose it.

        Raises:
            BundleError: it must not be used; the choice stays.
            PolicyError: the policy beside it breaks its schema.
            StoreUnavailableError: the choice cannot be remembered.
        """
        model = key_of(self._loader.load(path))
        with self._store.write() as connection:
            ModelChanges(connection, act).activate(model, default=self._default(), detail=detail)
        return model

    def rollback(self, act: Act) -> ModelKey:
        """Choose what was in service before, if it can still be used.

        Raises:
            NoPreviousModelError: nothing was.
            BundleError: it must not be used; the choice stays.
            PolicyError: the policy beside it breaks its schema.
            StoreUnavailableError: the choice cannot be remembered.
        """
        with self._store.read() as connection:
            choice = read_choice(connection)
        before = choice.back() if choice else None
        if before is None:
            raise NoPreviousModelError("no other model was in service before this one")
        self._loader.load_chosen(before.model)  # outside of the transaction, or the servers' writers wait for it
        with self._store.write() as connection:
            chosen = ModelChanges(connection, act).back().model
            if chosen != before.model:  # somebody was faster; an error undoes the transaction
                self._loader.load_chosen(chosen)
        return chosen

    def _default(self) -> ModelKey | None:
        entry = self.shelf.entries()[0]
        if entry.manifest is None:
            return None
        return ModelKey(entry.manifest.name, entry.manifest.version, entry.sha256)

    def _load_model(self, path: Path) -> LoadedModel:
        settings = self._settings
        return load_model(
            bundle_path=path,
            policy_path=settings.policy_path,
            max_pixels=settings.max_pixels,
            detector=None,
            policy=None,
            now=self._now,
        )


@contextmanager
def model_desk(settings: Settings, now: Callable[[], datetime]) -> Iterator[ModelDesk]:
    """A desk on the settings' database, whose tables are made if they are missing.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    store = Store(settings.store_url)
    try:
        store.migrate()
        yield ModelDesk(settings, store, now)
    finally:
        store.close()
