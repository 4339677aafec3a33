"""A real server that may have any fault, and whose plug can be pulled."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import httpx2
from sqlalchemy import delete

from hazardlens.serve.access.roles import Role
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import login_failures
from support.accounts import PASSWORD, person_in
from support.command_line import command

WAIT_S: Final = 300.0


class Plug:
    """A server on a data folder of its own, which can be pulled and put back."""

    def __init__(
        self,
        folder: Path,
        port: int,
        environ: Mapping[str, str] | None = None,
        *,
        within: Sequence[str] = (),
        script: str | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            folder: the data folder; the log is beside it.
            port: to listen on.
            environ: more of the environment.
            within: words before the command, of a program that becomes the server.
            script: Python that serves, instead of `hazardlens serve`.
        """
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self.address = f"http://127.0.0.1:{port}"
        self.environ = {"HAZARDLENS_DATA_PATH": str(folder), "HAZARDLENS_PORT": str(port), "PATH": "/usr/bin:/bin"}
        self.environ |= {"HAZARDLENS_RATE_LIMIT_ANONYMOUS_PER_MINUTE": "0", **(environ or {})}
        self._within = within
        self._serve = command("serve") if script is None else [sys.executable, "-c", script]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the server; fails where it does not run."""
        assert self._process is not None
        assert self._process.poll() is None
        return self._process.pid

    @property
    def seen(self) -> Path:
        """The data folder as the server sees it, which may have mounts of its own."""
        return Path(f"/proc/{self.pid}/root{self.folder}") if self._within else self.folder

    def add_account(self, name: str, role: Role = Role.REVIEWER) -> None:
        """Somebody who signs in with PASSWORD; the tables are made where there are none."""
        with contextlib.closing(self.store()) as store:
            store.migrate()
            person_in(store, name, role)

    def begin(self) -> None:
        """Start the server, and wait for nothing."""
        with self.log.open("ab") as log:
            words = [*self._within, *self._serve]
            self._process = subprocess.Popen(words, env=self.environ, stdout=log, stderr=log)

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        self.begin()
        self.wait_for(lambda: self.readyz()[0] == 200)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return once it is true; fail with the end of the log where the server ends or too much time goes by."""
        deadline = time.monotonic() + WAIT_S
        while self._process is not None and time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if condition():
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-2000:])

    def readyz(self, by: httpx2.Client | None = None) -> tuple[int, dict[str, Any]]:
        """What it says of itself, on a connection of its own unless one is given."""
        answer = (by.get if by else httpx2.get)(f"{self.address}/readyz", timeout=WAIT_S)
        return answer.status_code, answer.json()

    def wait_until_told(self, codes: Collection[str], words: Collection[str], by: httpx2.Client | None = None) -> None:
        """Return when it says, on a connection that is open where one is given, that it is not ready, and why.

        Args:
            codes: one of these.
            words: one of these is in the detail.
            by: whose connection; by default each look has its own.
        """

        def is_told() -> bool:
            status, said = self.readyz(by)
            return status == 503 and said["code"] in codes and any(word in said["detail"] for word in words)

        self.wait_for(is_told)

    def store(self) -> Store:
        """The server's database, from outside."""
        return Store(self.environ.get("HAZARDLENS_DATABASE_URL") or f"sqlite:///{self.folder / 'hazardlens.sqlite3'}")

    def forget_sign_ins(self) -> None:
        """Forget failed sign-ins, which those count as that were cut off: after some thirty an address has to wait."""
        with contextlib.closing(self.store()) as store, store.write() as connection:
            connection.execute(delete(login_failures))

    def pull(self) -> None:
        """Kill the server, which gets no chance to tidy up."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def signed_in(plug: Plug, name: str = "li") -> Iterator[httpx2.Client]:
    """Somebody with an account."""
    with httpx2.Client(base_url=plug.address, timeout=WAIT_S) as client:
        client.post("/v1/session", json={"name": name, "password": PASSWORD}).raise_for_status()
        client.headers["X-CSRF-Token"] = client.get("/v1/session").raise_for_status().json()["csrf_token"]
        yield client


class MakePlug(Protocol):
    """Makes a server that has not been started, and that ends with the test."""

    def __call__(
        self, environ: Mapping[str, str] | None = None, *, within: Sequence[str] = (), script: str | None = None
    ) -> Plug:
        """See `Plug`."""
