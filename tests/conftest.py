"""What every test gets: no network but this machine, folders and an environment of its own, and the shared photos."""

import os
import socket
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

import hypothesis
import pytest

from hazardlens.serve.store.engine import Store
from support.postgres import PostgresServer, find_binaries, postgres_server
from support.tables import make_tables, sqlite_tables

REPO = Path(__file__).resolve().parents[1]

_Address: TypeAlias = tuple[Any, ...] | str | bytes
_REAL_CONNECT = socket.socket.connect
_REAL_CONNECT_EX = socket.socket.connect_ex


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long tests of chance go on."""
    parser.addoption("--moments", default=4, type=int, help="how often tests/faults pulls the plug")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the caches and settings of libraries out of the home folder; they are read on import, before any fixture."""
    cache = config.rootpath / ".pytest_cache" / "libraries"
    for name in ("MPLCONFIGDIR", "YOLO_CONFIG_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        folder = cache / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(folder)
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", MPLBACKEND="Agg", NO_COLOR="1")


def _refuse_far_hosts(address: _Address) -> None:
    """Fail on an internet address that is not this machine's own; paths of Unix sockets pass."""
    if not isinstance(address, tuple):
        return
    host = str(address[0])
    try:
        near = ip_address(host).is_loopback
    except ValueError:  # a name
        near = host == "localhost"
    if not near:
        pytest.fail(f"a test tried to reach {host}: tests talk to this machine only")


def _connect(self: socket.socket, address: _Address) -> None:
    _refuse_far_hosts(address)
    _REAL_CONNECT(self, address)


def _connect_ex(self: socket.socket, address: _Address) -> int:
    _refuse_far_hosts(address)
    return _REAL_CONNECT_EX(self, address)


@pytest.fixture(autouse=True, scope="session")
def _only_this_machine() -> Iterator[None]:
    """Refuse every connection that leaves this machine, whichever library opens it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect)
        patch.setattr(socket.socket, "connect_ex", _connect_ex)
        yield


@pytest.fixture(scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests get folders of their own: pytest's way would look through all of them for each new one."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(autouse=True)
def _own_environment(_own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test its own temp folder, and a data folder in place of the caller's settings and the caller's own."""
    for name in [name for name in os.environ if name.startswith("HAZARDLENS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HAZARDLENS_DATA_PATH", tempfile.mkdtemp("-data", dir=_own_folders))
    monkeypatch.setenv("TMPDIR", tempfile.mkdtemp("-tmp", dir=_own_folders))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root."""
    return REPO


def _shared(name: str) -> Path:
    folder = REPO.parent / "shared" / name
    if not folder.is_dir():
        pytest.skip(f"needs the folder ../shared/{name} beside the repository, which is not there")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The labelled photos beside the repository (photos.csv, labels.txt, labels/, photos/); skips where missing."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_weights() -> Path:
    """The starting weights beside the repository (NAME.safetensors with NAME.json); skips where missing."""
    return _shared("weights")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this test process; skips where none is installed, except in continuous integration."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: scripts/system-packages installs it")
        pytest.skip("needs PostgreSQL's initdb and postgres, which are not installed: see scripts/system-packages")
    with postgres_server(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_tables(postgres: PostgresServer) -> str:
    """The address of a database with tables, to be copied: see `sqlite_tables`."""
    url = postgres.new_database()
    make_tables(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database, with tables unless `empty_store_url` is asked for; once on each kind."""
    with_tables = "empty_store_url" not in request.fixturenames
    if request.param == "sqlite":
        file = tmp_path / "store" / "test.sqlite3"
        if with_tables:
            file.parent.mkdir()
            file.write_bytes(sqlite_tables())
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_database(request.getfixturevalue("postgres_tables") if with_tables else None)
    yield url
    server.drop_database(url)


@pytest.fixture
def empty_store_url(store_url: str) -> str:
    """The same without tables."""
    return store_url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """The database at `store_url`, with its tables."""
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()
