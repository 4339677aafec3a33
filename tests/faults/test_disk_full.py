"""The disk is full while reports come in: nothing half-stored is acknowledged, it is said, and it passes by itself."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from support.plug import MakePlug, Plug
from support.reckoning import Ledger, Senders, reckon, send_report

_MOUNT: Final = 'mount -t tmpfs -o size=24m,mode=0700 tmpfs "$0" && exec "$@"'


@contextlib.contextmanager
def _no_byte_more(plug: Plug) -> Iterator[None]:
    """Every write to a file fails, as where a quota is used up; not even a log line passes."""
    none, before = (0, resource.RLIM_INFINITY), resource.prlimit(plug.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(plug.pid, resource.RLIMIT_FSIZE, none)
    yield
    resource.prlimit(plug.pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def _no_block_left(plug: Plug) -> Iterator[None]:
    """A file takes all that its disk has."""
    ballast = plug.seen / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    ballast.unlink()


def _on_a_small_disk(folder: Path) -> list[str]:
    """Words that give a program a small disk of its own at `folder`; skips where the system does not allow that."""
    words = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "sh", "-c", _MOUNT]
    folder.mkdir()
    if subprocess.run([*words, folder, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a tmpfs in a namespace of its own")
    return [*words, str(folder)]


def _on_a_larger_disk(plug: Plug, make_plug: MakePlug) -> Plug:
    """Copy what a server has on its small disk, as if it were cut off now, and start another one on that."""
    os.kill(plug.pid, signal.SIGSTOP)
    copy = plug.folder.with_name("copy")
    shutil.copytree(plug.seen, copy)
    plug.pull()  # and with it the small disk
    shutil.copytree(copy, plug.folder, dirs_exist_ok=True)
    moved = make_plug()
    moved.start()
    return moved


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["quota", "disk"])
def test_a_full_disk_stops_reports_and_nothing_else(
    make_plug: MakePlug, draw: Callable[[], bytes], tmp_path: Path, kind: str
) -> None:
    """8 s each: a server and its start."""
    plug = make_plug(within=_on_a_small_disk(tmp_path / "var") if kind == "disk" else ())
    plug.start()
    ledger = Ledger()
    with Senders(plug, ledger, draw) as senders:
        senders.wait_for_more()
        with (_no_block_left if kind == "disk" else _no_byte_more)(plug):
            senders.wait_for_refusal("store_unavailable", "media_store_unavailable")
            plug.wait_until_told({"store_unavailable", "media_store_unavailable"}, {"disk", "space", "large"})
            assert httpx2.get(f"{plug.address}/healthz").status_code == 200
            photo = {"file": ("a.jpg", draw(), "image/jpeg")}
            assert httpx2.post(f"{plug.address}/v1/classify", files=photo).status_code == 200
        plug.wait_for(lambda: plug.readyz()[0] == 200)
        senders.wait_for_more()
    assert {status for status, _ in ledger.refused} <= {409, 503}
    assert ledger.impolite == 0
    if kind == "disk":
        plug = _on_a_larger_disk(plug, make_plug)
    plug.add_account("li")
    reckon(plug, ledger)


@pytest.mark.slow
def test_a_photo_that_is_there_already_meets_a_full_database(plug: Plug, draw: Callable[[], bytes]) -> None:
    """7 s: a server and its start. The photo needs no room, the rows do."""
    plug.start()
    ledger = Ledger()
    ledger.sent |= dict.fromkeys(("first", "again"), draw())
    send_report(plug, ledger, "first")
    with _no_byte_more(plug), pytest.raises(httpx2.HTTPStatusError):
        send_report(plug, ledger, "again")
    assert ledger.refused == {(503, "store_unavailable"): 1}
    assert ledger.impolite == 0
    reckon(plug, ledger)
