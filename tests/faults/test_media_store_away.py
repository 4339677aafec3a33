"""The object store is slow, silent or broken while reports come in: it is said by its name, and it passes."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2
import pytest

from support.object_store import ObjectServer, object_server
from support.plug import MakePlug, Plug, signed_in
from support.reckoning import Ledger, Senders, reckon

_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

_HOST: Final = "objects.test"
_NAMES: Final = 'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"'


def _plug_on(make_plug: MakePlug, objects: ObjectServer, *, url: str | None = None, within: Sequence[str] = ()) -> Plug:
    environ = {"HAZARDLENS_MEDIA_URL": "s3://photos", "HAZARDLENS_S3_ENDPOINT_URL": url or objects.url, **_KEYS}
    plug = make_plug(environ, within=within)
    plug.add_account("li")
    plug.start()
    return plug


def _knowing_only(folder: Path) -> list[str]:
    """Words that give a program the names in `folder`/hosts and no others; skips where that is not allowed."""
    (folder / "nsswitch.conf").write_text("hosts: files\n")
    (folder / "hosts").write_text(f"127.0.0.1 {_HOST}\n")
    words = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "sh", "-c", _NAMES]
    if subprocess.run([*words, folder, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a file in a namespace of its own")
    return [*words, str(folder)]


@contextmanager
def _sending(plug: Plug, draw: Callable[[], bytes]) -> Iterator[Senders]:
    """Reports come in during the block; after it, all that was acknowledged is there, once."""
    ledger = Ledger()
    with Senders(plug, ledger, draw) as senders:
        senders.wait_for_more()
        yield senders
        plug.wait_for(lambda: plug.readyz()[0] == 200)
        senders.wait_for_more()
    assert {status for status, _ in ledger.refused} <= {409, 503}
    assert ledger.impolite == 0
    reckon(plug, ledger)


def _is_told(plug: Plug, words: str) -> None:
    plug.wait_until_told({"media_store_unavailable"}, {words})
    assert httpx2.get(f"{plug.address}/healthz").status_code == 200


@pytest.mark.slow
def test_an_object_store_that_answers_500(make_plug: MakePlug, draw: Callable[[], bytes]) -> None:
    """10 s: a server and its start."""
    with object_server() as objects:
        plug = _plug_on(make_plug, objects)
        with _sending(plug, draw) as senders:
            objects.failing = 500
            senders.wait_for_refusal("media_store_unavailable")
            _is_told(plug, "could not be reached")
            objects.failing = None
        plug.pull()


@pytest.mark.slow
def test_an_object_store_that_is_slow_and_then_silent(make_plug: MakePlug, draw: Callable[[], bytes]) -> None:
    """30 s: an object store has 15 s to answer."""
    with object_server() as objects:
        plug = _plug_on(make_plug, objects)
        with _sending(plug, draw) as senders:
            objects.delay_s = 0.5
            senders.wait_for_more()
            objects.delay_s = 60
            _is_told(plug, "no answer within")
            senders.wait_for_refusal("media_store_unavailable")
            objects.delay_s = 0
        plug.pull()


@pytest.mark.slow
def test_an_object_store_whose_process_is_gone_and_comes_back(make_plug: MakePlug, draw: Callable[[], bytes]) -> None:
    """10 s: a server and its start."""
    with object_server() as objects:
        plug = _plug_on(make_plug, objects)
        with _sending(plug, draw) as senders, objects.gone():
            senders.wait_for_refusal("media_store_unavailable")
            _is_told(plug, "could not be reached")
        plug.pull()


@pytest.mark.slow
def test_an_object_store_whose_name_is_forgotten(
    make_plug: MakePlug, draw: Callable[[], bytes], tmp_path: Path
) -> None:
    """10 s: a server and its start."""
    with object_server() as objects:
        objects.closing = True
        url = f"http://{_HOST}:{objects.server_address[1]}"
        plug = _plug_on(make_plug, objects, url=url, within=_knowing_only(tmp_path))
        with _sending(plug, draw) as senders:
            names = (tmp_path / "hosts").read_text()
            (tmp_path / "hosts").write_text("")
            senders.wait_for_refusal("media_store_unavailable")
            _is_told(plug, "could not be reached")
            (tmp_path / "hosts").write_text(names)
        plug.pull()


@pytest.mark.slow
def test_an_object_store_that_resets_what_is_put(make_plug: MakePlug, draw: Callable[[], bytes]) -> None:
    """10 s: a server and its start."""
    with object_server() as objects:
        plug = _plug_on(make_plug, objects)
        with _sending(plug, draw) as senders:
            objects.cutting = frozenset({"PUT", "HEAD"})
            senders.wait_for_refusal("media_store_unavailable")
            _is_told(plug, "could not be reached")
            objects.cutting = frozenset()
        plug.pull()


@pytest.mark.slow
@pytest.mark.parametrize("cutting", [{"GET"}, {"GET", "HEAD"}], ids=["reads", "reads and probes"])
def test_an_object_store_that_resets_what_is_got(
    make_plug: MakePlug, draw: Callable[[], bytes], cutting: set[str]
) -> None:
    """10 s each: a server and its start."""
    with object_server() as objects:
        plug = _plug_on(make_plug, objects)
        with _sending(plug, draw), signed_in(plug) as client:
            report = client.get("/v1/reports").raise_for_status().json()["reports"][-1]
            path = report["media"][0]["urls"]["original"]
            objects.cutting = frozenset(cutting)
            away = client.get(path)
            assert (away.status_code, away.json()["code"]) == (503, "media_store_unavailable")
            assert "retry-after" in away.headers
            if "HEAD" in cutting:
                _is_told(plug, "could not be reached")
            objects.cutting = frozenset()
            client.get(path).raise_for_status()
        plug.pull()
