"""Passwords: argon2id, with the parameters that argon2-cffi recommends (RFC 9106, for little memory).

Hashing takes tens of milliseconds and 64 MiB on purpose: call it from a thread, never from the event loop.
"""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hazardlens.serve.access.errors import PasswordWeakError
from hazardlens.serve.errors import OverloadedError

MAX_CHARS: Final = 256
_MIN_DIFFERENT: Final = 5
_HASHER: Final = PasswordHasher()
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$k1BqepusZHCwQTZYg6FohA$iJognryX3s4zVrg7WUCL/Lox7DDQ626B9DGUxR8XWmw"
"""The hash of random bytes that nobody kept: a name without account costs the same time as one with a password."""

_AT_ONCE: Final = threading.BoundedSemaphore(2)  # 64 MiB each: many attempts at once must not eat the memory
_PATIENCE_S: Final = 5.0


def hash_password(password: str) -> str:
    """What is kept of a password.

    Raises:
        OverloadedError: many others are at it.
    """
    with _turn():
        return _HASHER.hash(_normal(password))


def password_matches(password: str, stored: str | None) -> bool:
    """Whether this is the password; `stored` None takes as long, and is never it.

    Raises:
        OverloadedError: many others are at it.
    """
    with _turn():
        try:
            _HASHER.verify(stored or NOBODY, _normal(password))
        except (InvalidHashError, VerificationError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(stored)


def check_strength(password: str, name: str, *, min_chars: int) -> None:
    """Refuse what is guessed first.

    Raises:
        PasswordWeakError: too short, too long, of few different characters, or the name itself.
    """
    password = _normal(password)
    if len(password) < min_chars:
        raise PasswordWeakError(f"a password has at least {min_chars} characters")
    if len(password) > MAX_CHARS:
        raise PasswordWeakError(f"a password has at most {MAX_CHARS} characters")
    if len(set(password)) < _MIN_DIFFERENT:
        raise PasswordWeakError(f"a password has at least {_MIN_DIFFERENT} different characters")
    if name.casefold() in password.casefold() and len(password) - len(name) < min_chars // 2:
        raise PasswordWeakError("a password is more than the name and a few characters")


def _normal(password: str) -> str:
    """The same characters whichever keyboard they were typed on: full-width letters of a Chinese one are letters."""
    return unicodedata.normalize("NFKC", password)


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE_S):
        raise OverloadedError("too many passwords are being checked at once", retry_after_s=2)
    try:
        yield
    finally:
        _AT_ONCE.release()
