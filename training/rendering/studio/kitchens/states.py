"""Which things are on the stage in which state of a kitchen, and what surfaces look like then."""

from collections.abc import Iterable
from typing import Any

import bpy

from hazardlens.training.rendering.studio.shapes import show


class Setting:
    """A place whose things come and go with its state."""

    def __init__(self) -> None:
        self._only: list[tuple[frozenset[str], Any]] = []
        self._skins: list[tuple[Any, frozenset[str], Any, Any]] = []

    def only(self, states: Iterable[str], things: Iterable[Any]) -> None:
        """These things are there in these states alone."""
        states = frozenset(states)
        self._only.extend((states, thing) for thing in things)

    def skin(self, things: Iterable[Any], states: Iterable[str], then: Any, otherwise: Any) -> None:
        """These things wear one material in these states and another one otherwise."""
        states = frozenset(states)
        self._skins.extend((thing, states, then, otherwise) for thing in things)

    def show(self, state: str) -> None:
        """Put the place into a state."""
        for states, thing in self._only:
            show(thing, visible=state in states)
        for thing, states, then, otherwise in self._skins:
            thing.data.materials[0] = then if state in states else otherwise


def discard(thing: Any) -> None:
    """Take a thing and all that hangs below it off the stage for good."""
    for part in (*thing.children_recursive, thing):
        bpy.data.objects.remove(part, do_unlink=True)
