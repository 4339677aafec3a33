"""A real PostgreSQL server for tests: a cluster in a folder of its own, reached by a Unix socket that only we may open.

Tests rarely come here themselves. Two fixtures of tests/conftest.py run a test once on each database:

    def test_rows_come_back(store: Store) -> None: ...  # tables are there, rows are not
    def test_the_service(store_url: str) -> None:
        with serving(database_url=store_url) as client: ...  # the same, as an address
    def test_a_first_start(empty_store_url: str) -> None: ...  # without tables

Where a test needs several of them, they are the same database. The server starts with the first test that needs
it (0.8 s) and serves all others of its process; a database of one's own costs 0.2 s. A test that needs a server to stop
and start again makes its own with `postgres_server`.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import make_url

_ADMIN: Final = "postgres"
_PATIENCE_S: Final = 60.0
# Nothing here has to survive a power cut; the log goes to a file, and time is UTC wherever the tests run.
_OPTIONS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "log_timezone": "UTC",
    "max_connections": "60",
    "timezone": "Asia/Shanghai",  # not UTC, so that a time without zone would be seen to be wrong
}


@dataclass
class PostgresServer:
    """A server that can be stopped and started again.

    Attributes:
        folder: the cluster and its socket; only the server's user may enter.
        binaries: the folder of initdb and postgres.
        user: whom the server runs as; None for whoever runs the tests.
    """

    folder: Path
    binaries: Path
    user: str | None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start, and return when it takes connections."""
        options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "cluster", "-k", self.folder, *options],
                stdout=log,
                stderr=log,
                user=self.user,
                extra_groups=None if self.user is None else [],
                cwd=self.folder,
            )
        deadline = time.monotonic() + _PATIENCE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "server.log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """Send everybody away, and return when it has ended."""
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT: "fast shutdown"
            self._process.wait(_PATIENCE_S)
            self._process = None

    def new_database(self, like: str | None = None) -> str:
        """The address of a fresh database, empty or a copy of one that nobody is connected to."""
        name = f"t{uuid.uuid4().hex}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {make_url(like).database if like else 'template1'}")
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Delete a database, whoever is still connected."""
        self._administer(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def url_of(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql://{_ADMIN}@/{name}?host={self.folder}"

    def _administer(self, command: str) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(command.encode())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url_of("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


def find_binaries() -> Path | None:
    """The folder of initdb and postgres: in PATH, or where Debian keeps them."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


@contextlib.contextmanager
def postgres_server(binaries: Path) -> Iterator[PostgresServer]:
    """Make a cluster, serve it until the block ends, and delete it."""
    # In /tmp, because a socket's path has at most 107 bytes and pytest's folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="hazardlens-pg-", dir="/tmp"))
    user = _unprivileged_user() if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if user is not None:
        shutil.chown(folder, user)
    server = PostgresServer(folder, binaries, user)
    try:
        # Trust, because the socket's folder lets nobody else in.
        options = ["-U", _ADMIN, "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync"]
        subprocess.run(
            [binaries / "initdb", "-D", folder / "cluster", *options],
            check=True,
            capture_output=True,
            user=user,
            extra_groups=None if user is None else [],
            cwd=folder,
        )
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _unprivileged_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
