"""Where models are in service: this machine's own installation, or a server elsewhere. Commands see no difference."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hazardlens.cli.errors import CliError
from hazardlens.cli.terminal import tell

if TYPE_CHECKING:
    from hazardlens.serve.registry.desk import ModelDesk
    from hazardlens.serve.settings import Settings


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model, for people. `sha256` is that of its bundle; None where it has no usable one."""

    name: str
    version: str
    sha256: str | None
    state: str
    created: str | None = None
    problem: str | None = None

    @property
    def ref(self) -> str:
        """Name and version in one word."""
        return f"{self.name}@{self.version}"


class Installation(Protocol):
    """Models in service somewhere."""

    def rows(self) -> list[ModelRow]:
        """All models; the state of one of them is "active" unless the chosen one cannot be used."""

    def activate(self, place: Path, ref: str, note: dict[str, Any]) -> None:
        """Put a bundle of the registry into service."""

    def rollback(self) -> str:
        """Put back the model before; its name@version."""


def in_service(installation: Installation) -> ModelRow:
    """The model that answers.

    Raises:
        CliError: the one that was chosen cannot be used.
    """
    active = next((row for row in installation.rows() if row.state == "active"), None)
    if active is None:
        raise CliError("the model that was chosen cannot be used, so there is nothing to compare with; see --force")
    return active


class Here:
    """This machine's database and registry; running servers follow what is written there."""

    def __init__(self, desk: "ModelDesk") -> None:
        self._desk = desk

    def rows(self) -> list[ModelRow]:
        """See `Installation`."""
        listing = self._desk.listing()
        active = listing.choice.model.sha256 if listing.choice else listing.entries[0].sha256
        shadow = listing.shadow.model.sha256 if listing.shadow else None
        rows = []
        for entry in listing.entries:
            name = entry.ref.rpartition("@")[0] or entry.key
            if entry.manifest is None:
                rows.append(ModelRow(name, entry.version, None, "bad", problem=str(entry.problem)))
                continue
            state = "active" if entry.sha256 == active else "shadow" if entry.sha256 == shadow else "ready"
            created = entry.manifest.created.isoformat()
            rows.append(ModelRow(name, entry.version, entry.sha256, state, created))
        return rows

    def activate(self, place: Path, ref: str, note: dict[str, Any]) -> None:  # noqa: ARG002 - a server asks by name
        """See `Installation`."""
        from hazardlens.serve.access.audit import Act

        self._desk.activate(place, Act(_principal(), datetime.now(UTC)), detail=note)
        tell("running servers follow within seconds")

    def rollback(self) -> str:
        """See `Installation`."""
        from hazardlens.serve.access.audit import Act

        model = self._desk.rollback(Act(_principal(), datetime.now(UTC)))
        tell("running servers follow within seconds")
        return model.ref


@contextmanager
def installation(
    settings: "Settings", server: str | None, account: str | None, *, password_stdin: bool
) -> Iterator[Installation]:
    """The installation of the settings, or a server's, where one is named.

    Raises:
        CliError: the address or the account is missing, or the server refuses.
        StoreUnavailableError: the database cannot be reached.
    """
    if server is None:
        from hazardlens.serve.registry.desk import model_desk

        if account is not None:
            raise CliError("--account is for --server")
        with model_desk(settings, lambda: datetime.now(UTC)) as desk:
            yield Here(desk)
        return
    from hazardlens.cli.remote import Remote

    with Remote(server) as remote:
        if account is not None:
            remote.sign_in(account, _password(account, from_stdin=password_stdin))
        yield remote


def _principal() -> Any:  # noqa: ANN401 - imported when it is needed
    from hazardlens.serve.access.principals import Principal

    try:
        name = f"command line, {getpass.getuser()}"[:120]
    except (KeyError, OSError):  # a user without a name, as containers have them
        name = "command line"
    return Principal("system", "", name, frozenset())


def _password(name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return getpass.getpass(f"password of {name}: ")
