"""The server may open no more files or connections: it says so, loses nothing, and goes on when it may again."""

import contextlib
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pytest

from support.plug import WAIT_S, Plug
from support.reckoning import Ledger, Senders, reckon

SPARE: Final = 12
IDLE: Final = 200
_STORES: Final = {"media_store_unavailable", "store_unavailable"}


@contextlib.contextmanager
def _crowd(plug: Plug) -> Iterator[None]:
    """Connections that say nothing, more than the server may have files."""
    opened = sum(1 for _ in Path(f"/proc/{plug.pid}/fd").iterdir())
    most = resource.prlimit(plug.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(plug.pid, resource.RLIMIT_NOFILE, (opened + SPARE, most))
    port = urlsplit(plug.address).port
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            with contextlib.suppress(OSError):
                stack.enter_context(socket.create_connection(("127.0.0.1", port or 0), timeout=1))
        yield


@pytest.mark.slow
def test_a_crowd_that_takes_all_handles_is_survived(plug: Plug, draw: Callable[[], bytes]) -> None:
    """10 s: a server and two hundred connections. Its limit stays as low as it was set."""
    plug.start()
    ledger = Ledger()
    with httpx2.Client(base_url=plug.address, timeout=WAIT_S) as watcher, Senders(plug, ledger, draw) as senders:
        senders.wait_for_more()
        watcher.get("/readyz").raise_for_status()
        with _crowd(plug):
            plug.wait_until_told(_STORES, {"files", "opened"}, by=watcher)
            assert watcher.get("/healthz").status_code == 200
        plug.wait_for(lambda: plug.readyz()[0] == 200)
        senders.wait_for_more()
    assert {status for status, _ in ledger.refused} <= {409, 503}
    assert ledger.impolite == 0
    reckon(plug, ledger)
    assert Path(f"/proc/{plug.pid}").exists()
