"""The object store is slow, silent or broken while reports come in: it is said by its name, and it passes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest

from support.object_store import ObjectServer, object_server
from support.plug import MakePlug, Plug
from support.reckoning import Ledger, Senders, reckon

_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def _plug_on(make_plug: MakePlug, objects: ObjectServer) -> Plug:
    plug = make_plug({"HAZARDLENS_MEDIA_URL": "s3://photos", "HAZARDLENS_S3_ENDPOINT_URL": objects.url, **_KEYS})
    plug.add_account("li")
    plug.start()
    return plug


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
