"""How a receiver knows that a message is ours, whole, and recent."""

import hashlib
import hmac
import secrets
from typing import Final

DELIVERY_HEADER: Final = "X-Hazardlens-Delivery"
TIMESTAMP_HEADER: Final = "X-Hazardlens-Timestamp"
SIGNATURE_HEADER: Final = "X-Hazardlens-Signature"


def new_secret() -> str:
    """A secret that nobody can guess: 256 random bits."""
    return f"whs_{secrets.token_urlsafe(32)}"


def signature_of(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over the time, a dot and the body.

    Args:
        secret: of the target.
        timestamp: seconds since 1970, as in `TIMESTAMP_HEADER`.
        body: as it travels.
    """
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
