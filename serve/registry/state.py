"""What the database remembers about models: which one is in service, which one is in the shadow, and what happened."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from hazardlens.serve.store.tables import model_events, service_state

ACTIVE_KEY: Final = "active_model"
SHADOW_KEY: Final = "shadow_model"
LEASE_KEY: Final = "shadow_worker"
MAX_HISTORY: Final = 20


@dataclass(frozen=True, slots=True)
class ModelKey:
    """One bundle: its name and version for people, its sha256 for certain."""

    name: str
    version: str
    sha256: str

    @property
    def ref(self) -> str:
        """Name and version in one word."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that should be in service.

    Attributes:
        model: which.
        history: those that were before it, the last one last; going back takes from its end.
        request_id: of the request that chose it, for the logs of servers that follow; None for the command line.
    """

    model: ModelKey
    history: tuple[ModelKey, ...] = ()
    request_id: str | None = field(default=None, compare=False)

    def then(self, model: ModelKey) -> Self:
        """The choice after this one."""
        return replace(self, model=model, history=(*self.history, self.model)[-MAX_HISTORY:])

    def back(self) -> Self | None:
        """The choice to go back to."""
        return replace(self, model=self.history[-1], history=self.history[:-1]) if self.history else None


@dataclass(frozen=True, slots=True)
class Shadow:
    """The candidate in the shadow.

    Attributes:
        model: which.
        since: reports from this time on are shown to it; rises when some are dropped.
        started_at: when it was put there.
        dropped: reports that it never saw, because there was no time.
    """

    model: ModelKey
    since: datetime
    started_at: datetime
    dropped: int = 0


def read_choice(connection: Connection, *, hold: bool = False) -> Choice | None:
    """The model that should be in service; None: the default. `hold`: see `read_value`."""
    value = read_value(connection, ACTIVE_KEY, hold=hold)
    if value is None:
        return None
    return Choice(_key(value), tuple(_key(item) for item in value["history"]), value.get("request_id"))


def write_choice(connection: Connection, choice: Choice, now: datetime) -> None:
    """Remember the model that should be in service; running servers follow."""
    value = {**asdict(choice.model), "history": [asdict(item) for item in choice.history]}
    value |= {"request_id": choice.request_id} if choice.request_id else {}
    write_value(connection, ACTIVE_KEY, value, now)


def read_shadow(connection: Connection, *, hold: bool = False) -> Shadow | None:
    """The candidate in the shadow, if there is one. `hold`: see `read_value`."""
    value = read_value(connection, SHADOW_KEY, hold=hold)
    if value is None:
        return None
    since, started_at = (datetime.fromisoformat(value[name]) for name in ("since", "started_at"))
    return Shadow(_key(value), since, started_at, value["dropped"])


def write_shadow(connection: Connection, shadow: Shadow | None, now: datetime) -> None:
    """Remember the candidate in the shadow, or that there is none."""
    if shadow is None:
        connection.execute(delete(service_state).where(service_state.c.key == SHADOW_KEY))
        return
    times = {"since": shadow.since.isoformat(), "started_at": shadow.started_at.isoformat()}
    write_value(connection, SHADOW_KEY, {**asdict(shadow.model), **times, "dropped": shadow.dropped}, now)


def write_event(
    connection: Connection, *, actor: str, action: str, version: str, detail: Mapping[str, Any], now: datetime
) -> None:
    """Write down what happened to a model."""
    connection.execute(
        insert(model_events).values(at=now, actor=actor, action=action, version=version[:100], detail=dict(detail))
    )


def read_value(connection: Connection, key: str, *, hold: bool = False) -> dict[str, Any] | None:
    """A value of the service's state.

    Args:
        connection: of `Store.read`, or of `Store.write`.
        key: which.
        hold: against other writers until the transaction ends, for who writes what follows from it.
    """
    query = select(service_state.c.value).where(service_state.c.key == key)
    value = connection.execute(query.with_for_update() if hold else query).scalar_one_or_none()
    return None if value is None else dict(value)


def write_value(connection: Connection, key: str, value: Mapping[str, Any], now: datetime) -> None:
    """Write a value of the service's state, in a transaction of `Store.write`."""
    row = {"value": dict(value), "updated_at": now}
    insert_or = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_or(service_state).values(key=key, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=[service_state.c.key], set_=row))


def _key(value: Mapping[str, Any]) -> ModelKey:
    return ModelKey(value["name"], value["version"], value["sha256"])
