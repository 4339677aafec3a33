"""The database goes and comes back while reports come in: it is said, and nothing is lost, doubled or restarted."""

import subprocess
import sys
from collections.abc import Callable
from typing import Final

import httpx2
import pytest

from support.plug import WAIT_S, MakePlug, Plug
from support.postgres import PostgresServer, postgres_server
from support.reckoning import Ledger, Senders, reckon

_HOLD: Final = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def _works_without_rows(plug: Plug, photo: bytes) -> None:
    assert httpx2.get(f"{plug.address}/healthz").status_code == 200
    answer = httpx2.post(f"{plug.address}/v1/classify", files={"file": ("a.jpg", photo, "image/jpeg")}, timeout=WAIT_S)
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
def test_postgresql_is_stopped_and_started_again(
    make_plug: MakePlug, postgres: PostgresServer, draw: Callable[[], bytes]
) -> None:
    """10 s: a PostgreSQL server and a server on it."""
    with postgres_server(postgres.binaries) as server:
        plug = make_plug({"HAZARDLENS_DATABASE_URL": server.new_database()})
        plug.add_account("li")
        plug.start()
        pid, ledger = plug.pid, Ledger()
        with Senders(plug, ledger, draw) as senders:
            senders.wait_for_more()
            server.stop()
            senders.wait_for_refusal("store_unavailable")
            plug.wait_until_told({"store_unavailable"}, {"cannot be reached"})
            _works_without_rows(plug, draw())
            server.start()
            plug.wait_for(lambda: plug.readyz()[0] == 200)
            senders.wait_for_more()
        assert {status for status, _ in ledger.refused} <= {409, 503}
        assert ledger.impolite == 0
        reckon(plug, ledger)
        assert plug.pid == pid
        plug.pull()


@pytest.mark.slow
def test_another_program_holds_the_lock_of_sqlite(plug: Plug, draw: Callable[[], bytes]) -> None:
    """20 s: longer than a request waits for the lock, which is 10 s."""
    plug.start()
    ledger = Ledger()
    hold = [sys.executable, "-c", _HOLD, str(plug.folder / "hazardlens.sqlite3")]
    with Senders(plug, ledger, draw) as senders:
        senders.wait_for_more()
        with subprocess.Popen(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            plug.wait_until_told({"store_unavailable"}, {"lock"})
            senders.wait_for_refusal("store_unavailable")
            assert httpx2.get(f"{plug.address}/healthz").status_code == 200
            holder.communicate()
        plug.wait_for(lambda: plug.readyz()[0] == 200)
        senders.wait_for_more()
    assert {status for status, _ in ledger.refused} <= {409, 503}
    assert ledger.impolite == 0
    reckon(plug, ledger)
