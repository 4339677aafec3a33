"""Where time goes inside one piece of work: stages are announced here, and whoever wants to know listens.

A listener hears its own work only: it belongs to a context (`contextvars`), so other threads and requests go unheard.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, Literal, get_args

Stage = Literal["decode", "preprocess", "network", "postprocess", "triage"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)

Listener = Callable[[Stage], AbstractContextManager[object]]
_LISTENER: Final[ContextVar[Listener | None]] = ContextVar("hazardlens_stages", default=None)


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """What is done in the block is this stage of the work under way."""
    listener = _LISTENER.get()
    if listener is None:
        yield
        return
    with listener(name):
        yield


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Stages within the block are told to `listener`, which gives a block to run each of them in."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)
