"""A bundle on disk."""

from pathlib import Path

import pytest

from support.tiny_bundle import make_tiny_bundle


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_tiny_bundle(tmp_path / "bundle").path
