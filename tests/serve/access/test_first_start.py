"""What a server without accounts prints when it starts, and where: on the terminal, never in the log.

The slow test starts three servers: about 6 s.
"""

import asyncio
import threading
from pathlib import Path

import httpx2
import pytest

from hazardlens.serve.access.first_start import greeting
from hazardlens.serve.access.roles import Role
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from support.accounts import person_in
from support.serving import PATIENCE_S, server_process, wait_until
from support.tiny_bundle import make_tiny_bundle

SERVE = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""


def start_and_stop(folder: Path, bundle: Path, lines: int) -> tuple[list[str], str]:
    """What a server printed after its first line, waiting for so many lines of it, and its log."""
    with server_process(folder, SERVE, {"HAZARDLENS_BUNDLE_PATH": str(bundle)}) as server:
        wait_until(lambda: httpx2.get(f"{server.address}/readyz").status_code == 200)
        assert server.process.stdout is not None
        told = [server.process.stdout.readline() for _ in range(lines)]
        server.stop()
        told += server.process.stdout.readlines()
        return [line.strip().replace(server.address, "ADDRESS") for line in told], server.log.read_text()


@pytest.mark.slow
def test_each_start_without_accounts_prints_a_new_link_and_never_logs_it(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "tiny").path
    tokens = []
    for _ in range(2):
        (what, _how, link), log = start_and_stop(tmp_path, bundle, 3)
        assert what.startswith("No account exists yet")
        assert link.startswith("ADDRESS/setup#token=")
        tokens.append(link.split("=")[1])
        assert tokens[-1] not in log
    assert len(set(tokens)) == 2
    store = Store(load_settings(data_path=tmp_path / "var").store_url)
    person_in(store, "boss", Role.ADMINISTRATOR)
    store.close()
    assert start_and_stop(tmp_path, bundle, 0)[0] == []


def test_a_database_that_comes_late_is_waited_for() -> None:
    greeted = threading.Event()

    async def start(*, ready: bool) -> bool:
        store_ready = asyncio.Event()
        async with greeting(store_ready, greeted.set):
            await asyncio.sleep(0)
            assert not greeted.is_set()
            if ready:
                store_ready.set()
                return await asyncio.to_thread(greeted.wait, PATIENCE_S)
        return greeted.is_set()

    assert not asyncio.run(start(ready=False))
    assert asyncio.run(start(ready=True))
