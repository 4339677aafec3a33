"""A server with a small model, for tests of what it does with a fault."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from servers import free_port
from support.painted import painted
from support.pictures import saved
from support.plug import MakePlug, Plug
from support.tiny_bundle import make_tiny_bundle

_QUICK = {"HAZARDLENS_INFERENCE_THREADS": "2", "HAZARDLENS_IDEMPOTENCY_IN_FLIGHT_S": "1"}


@pytest.fixture
def make_plug(tmp_path: Path) -> Iterator[MakePlug]:
    """Servers on the data folder `var` of the test; the bundle that they start with is `default`."""
    made: list[Plug] = []

    def make(
        environ: Mapping[str, str] | None = None, *, within: Sequence[str] = (), script: str | None = None
    ) -> Plug:
        default = tmp_path / "default"
        if not default.exists():
            make_tiny_bundle(default, version="1")
        (tmp_path / "var").mkdir(mode=0o700, exist_ok=True)
        environ = {"HAZARDLENS_BUNDLE_PATH": str(default), **_QUICK, **(environ or {})}
        made.append(Plug(tmp_path / "var", free_port(), environ, within=within, script=script))
        return made[-1]

    yield make
    for plug in made:
        plug.pull()


@pytest.fixture
def plug(make_plug: MakePlug) -> Plug:
    """One with its defaults, and a reviewer called li."""
    plug = make_plug()
    plug.add_account("li")
    return plug


@pytest.fixture
def draw() -> Callable[[], bytes]:
    """Photos, no two of them the same file."""
    dice = random.Random(7)  # noqa: S311 - chance, not secrets
    photo = saved(painted(320, 240, stacked_clutter=(40, 60, 200, 200)), "JPEG")
    return lambda: photo + dice.randbytes(16)  # what follows a JPEG's end is no part of the picture, but of the file
