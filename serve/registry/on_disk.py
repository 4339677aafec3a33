"""Bundles that change on disk under a running server: what is damaged is told, what is mended is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from hazardlens.serve.model_slot import LoadedModel, ModelSlot
from hazardlens.serve.registry.bundles import file_signature
from hazardlens.serve.registry.loading import BundleLoader, key_of

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")


@dataclass(frozen=True, slots=True)
class Damage:
    """The model in service answers from memory, but is no longer on disk as it was: a restart would not have it.

    Attributes:
        model: name@version.
        code: of the error that a restart would meet.
        detail: that error in words.
    """

    model: str
    code: str
    detail: str


class DiskWatch:
    """Looks at the files now and then. Files are read again only when their size or their time has changed."""

    def __init__(
        self, loader: BundleLoader, slot: ModelSlot, restore: Callable[[], LoadedModel], policy_path: Path
    ) -> None:
        """Take the parts; nothing is read yet.

        Args:
            loader: of the bundles that there are.
            slot: where the model in service is.
            restore: gives the model to start with, or raises any error.
            policy_path: the policy, without which no model can be used either.
        """
        self._loader = loader
        self._slot = slot
        self._restore = restore
        self._policy_path = policy_path
        self._tried: object = None
        self._damage: Damage | None = None
        self._place: Path | None = None  # where the model in service was seen last

    @property
    def damage(self) -> Damage | None:
        """What is wrong on disk with the model in service, if anything."""
        return self._damage

    def remember(self) -> None:
        """Note how the files are, before the first attempt to load the model."""
        self._tried = self._signature()

    def look(self) -> None:
        """Look at the model in service; where there is none, try again once a file has changed."""
        if self._slot.is_ready:
            self._compare()
        elif (signature := self._signature()) != self._tried:
            self._tried = signature
            self._slot.fill(self._restore)

    def _signature(self) -> object:
        return self._loader.shelf.signature(), file_signature(self._policy_path)

    def _compare(self) -> None:
        active, shelf = self._slot.model, self._loader.shelf
        if not active.sha256:
            return  # it was handed in, and never on disk
        entry = shelf.find_sha256(active.sha256)
        if entry is not None:
            self._place, self._damage = entry.path, None
            return
        problems = (entry.problem for entry in shelf.entries() if entry.path == self._place)
        error = next(problems, None) or self._loader.why_gone(key_of(active))
        damage = Damage(active.ref, error.code, self._loader.told(error))
        if damage != self._damage:
            _log.error("model_damaged_on_disk", model=active.ref, code=error.code, reason=str(error))
        self._damage = damage
