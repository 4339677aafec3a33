"""A desk at which reports are reviewed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(f"sqlite:///{tmp_path / 'test.sqlite3'}") as desk:
        yield desk


@pytest.fixture
def any_desk(store_url: str) -> Iterator[Desk]:
    """On each kind of database."""
    with open_desk(store_url) as desk:
        yield desk
