"""What tests of access share."""

import pytest

from hazardlens.serve.access import passwords
from support.accounts import CHEAP_HASH, CHEAP_HASHER, Clock


@pytest.fixture
def clock() -> Clock:
    """A time that stands still until a test moves it."""
    return Clock()


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing: what real ones are is for the tests of `passwords`."""
    monkeypatch.setattr(passwords, "_HASHER", CHEAP_HASHER)
    monkeypatch.setattr(passwords, "NOBODY", CHEAP_HASH)
