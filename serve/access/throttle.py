"""Slows down those who try passwords: each failure of a name, or from an address, doubles the wait for the next try.

Attempts are rows, so a restart forgets none. A try counts as failed before its password is looked at, and no longer
once it was right: a hundred tries at the same moment get no more answers than a hundred in a row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, text

from hazardlens.serve.access.accounts import normal_name
from hazardlens.serve.access.errors import RateLimitedError
from hazardlens.serve.store.tables import login_failures

WINDOW: Final = timedelta(hours=1)
_LOCK: Final = 0x48617A4D  # any number that only this function uses


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are free, and how long the wait after more of them can get, in seconds."""

    free: int
    max_wait_s: int

    def wait_s(self, failures: int) -> int:
        """Seconds from the last failure to the next try."""
        return 0 if failures < self.free else min(2 ** min(failures - self.free, 20), self.max_wait_s)


# Many people share an address (a district behind one router), and anybody can keep a name waiting: so an address has
# more free tries, and a name has the shorter wait.
OF_NAME: Final = Patience(free=5, max_wait_s=300)
OF_ADDRESS: Final = Patience(free=30, max_wait_s=900)


def _subjects(name: str, address: str) -> dict[str, Patience]:
    # Of the name only a hash is kept: people type passwords into the wrong field.
    hashed = sha256(normal_name(name).encode("utf-8", "surrogatepass")).hexdigest()
    return {f"name:{hashed}": OF_NAME, f"address:{address}"[:120]: OF_ADDRESS}


def begin_attempt(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Count an attempt to sign in.

    Args:
        connection: of `Store.write`.
        name: of the account, as it was typed.
        address: where the attempt comes from, see `clients.sender_of`.
        now: the time, with zone.

    Raises:
        RateLimitedError: too early after too many failures; the password must not be looked at.
    """
    if connection.dialect.name == "postgresql":  # SQLite's writers come one at a time anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(delete(login_failures).where(login_failures.c.at <= now - WINDOW))
    subjects = _subjects(name, address)
    waits = [_remaining_s(connection, subject, patience, now) for subject, patience in subjects.items()]
    if (wait := max(waits)) > 0:
        raise RateLimitedError("too many failed attempts to sign in; wait, then try again", retry_after_s=wait)
    connection.execute(insert(login_failures), [{"subject": subject, "at": now} for subject in subjects])


def _remaining_s(connection: Connection, subject: str, patience: Patience, now: datetime) -> int:
    query = select(func.count(), func.max(login_failures.c.at)).where(login_failures.c.subject == subject)
    failures, last = connection.execute(query).one()
    if last is None:
        return 0
    left = (last + timedelta(seconds=patience.wait_s(failures)) - now).total_seconds()
    return max(0, -int(-left // 1))  # rounded up


def forgive(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Forget the failures of a name whose password was right, and this attempt of its address.

    The address keeps its other failures: else one good account would open the door to guessing all others.
    """
    of_name, of_address = _subjects(name, address)
    connection.execute(delete(login_failures).where(login_failures.c.subject == of_name))
    last = select(func.max(login_failures.c.seq)).where(
        login_failures.c.subject == of_address, login_failures.c.at == now
    )
    connection.execute(delete(login_failures).where(login_failures.c.seq == last.scalar_subquery()))
