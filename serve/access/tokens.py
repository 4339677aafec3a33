"""Secrets that this service makes: of sessions, one-time links and API keys. Only their hashes are kept.

They have 256 random bits, so a plain sha256 is enough: there is nothing to guess that a slow hash would protect.
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

KEY_PREFIX: Final = "hzl"
_BYTES: Final = 32
_ID: Final = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """Of an account or a key: 32 hex characters."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether it could be one; what could not is never asked of the database."""
    return _ID.fullmatch(text) is not None


def new_token() -> str:
    """256 random bits as 64 hex characters."""
    return secrets.token_hex(_BYTES)


def token_sha256(token: str) -> str:
    """What is kept of a token: 64 hex characters."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as its owner holds it.

    Attributes:
        id: of the row; not secret.
        secret: 64 hex characters.
    """

    id: str
    secret: str

    def __str__(self) -> str:
        return f"{KEY_PREFIX}_{self.id}_{self.secret}"

    @classmethod
    def parse(cls, text: str) -> "ApiKey | None":
        """The key that `text` is; None where it is none."""
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        return cls(key_id, secret) if prefix == KEY_PREFIX and is_id(key_id) and secret else None
