"""What a server without accounts prints when it starts, and where: on the terminal, never in the log. About 4 s."""

from pathlib import Path

import httpx2

from hazardlens.serve.access.roles import Role
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from support.accounts import person_in
from support.serving import server_process, wait_until
from support.tiny_bundle import make_tiny_bundle

SERVE = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""


def start_and_stop(folder: Path, bundle: Path) -> tuple[str, str]:
    """What a server printed after its first line and before it was stopped, and its log."""
    with server_process(folder, SERVE, {"HAZARDLENS_BUNDLE_PATH": str(bundle)}) as server:
        wait_until(lambda: httpx2.get(f"{server.address}/readyz").status_code == 200)
        server.stop()
        assert server.process.stdout is not None
        return server.process.stdout.read().replace(server.address, "ADDRESS"), server.log.read_text()


def test_each_start_without_accounts_prints_a_new_link_and_never_logs_it(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "tiny").path
    tokens = []
    for _ in range(2):
        told, log = start_and_stop(tmp_path, bundle)
        *words, link = told.splitlines()
        assert "No account exists yet" in words[0]
        assert link.startswith("ADDRESS/setup?token=")
        tokens.append(link.split("=")[1])
        assert tokens[-1] not in log
    assert len(set(tokens)) == 2
    store = Store(load_settings(data_path=tmp_path / "var").store_url)
    person_in(store, "boss", Role.ADMINISTRATOR)
    store.close()
    assert start_and_stop(tmp_path, bundle)[0] == ""
