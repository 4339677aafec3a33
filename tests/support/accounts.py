"""People and systems with real credentials, made in the database of a running app without the cost of a password."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from argon2 import PasswordHasher
from starlette.testclient import TestClient

from hazardlens.serve.access.accounts import account_named, add_account
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.authentication import CSRF_HEADER
from hazardlens.serve.access.keys import add_key
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Action, Role
from hazardlens.serve.access.sessions import COOKIE, open_session
from hazardlens.serve.services import Services
from hazardlens.serve.store.engine import Store

PASSWORD: Final = "correct horse battery staple"  # noqa: S105 - of nobody
CHEAP_HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""With parameters that nobody should use: a tenth of a millisecond each."""

CHEAP_HASH: Final = CHEAP_HASHER.hash(PASSWORD)
"""Of `PASSWORD`."""

NOON: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)
BY_SYSTEM: Final = Act(SYSTEM, NOON)


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        """Move on by a `timedelta` of these units."""
        self.now += timedelta(**span)


def services_in(client: TestClient) -> Services:
    """The parts of the app behind a client."""
    app: Any = client.app
    services: Services = app.state.services
    return services


def person_in(store: Store, name: str, role: Role = Role.REVIEWER, act: Act = BY_SYSTEM) -> str:
    """Make an account whose password is `PASSWORD`; returns its id."""
    with store.write() as connection:
        return str(add_account(connection, act, name=name, role=role, password_hash=CHEAP_HASH)["id"])


def session_headers(client: TestClient, name: str, role: Role = Role.REVIEWER) -> dict[str, str]:
    """Headers of a request by a signed-in person, who is made where there is none of this name."""
    services = services_in(client)
    with services.store.read() as connection:
        found = account_named(connection, name)
    account_id = found["id"] if found else person_in(services.store, name, role)
    with services.store.write() as connection:
        opened = open_session(connection, account_id, services.now(), services.settings.session_max_h)
    return {"Cookie": f"{COOKIE}={opened.token}", CSRF_HEADER: opened.csrf_token}


def key_headers(client: TestClient, name: str, *actions: Action, group: str | None = None) -> dict[str, str]:
    """Headers of a request with a new API key."""
    services = services_in(client)
    act = Act(SYSTEM, services.now())
    with services.store.write() as connection:
        _, key = add_key(connection, act, name=name, actions=actions, group=group)
    return {"Authorization": f"Bearer {key}"}
