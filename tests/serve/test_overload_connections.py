"""Connections under a guard, fed by hand: no sockets, and a clock that stands still."""

import asyncio
import itertools

import pytest

from hazardlens.serve.crowding import SPARE, Bounds, Starts
from support.wires import GET, WiredServer, answered, in_loop


@in_loop
async def test_a_head_in_time_is_answered_and_the_connection_stays() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    server.after(9)
    connection.data_received(GET[:20])
    connection.data_received(GET[20:])
    await answered()
    assert wire.written.endswith(b"placed")
    server.after(60)
    assert not wire.is_closing()


@in_loop
async def test_a_head_that_drips_is_given_up() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    for byte in GET[:9]:
        connection.data_received(bytes([byte]))
        server.after(1)
    assert not wire.closed
    server.after(1)
    assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 408", True)


@in_loop
async def test_a_client_that_says_nothing_is_let_go_without_a_word() -> None:
    server = WiredServer()
    _, wire = server.connect()
    server.after(10)
    assert (wire.written, wire.closed) == (b"", True)


@pytest.mark.parametrize("drip", [b"G", b"\r\n"], ids=["a request", "empty lines"])
def test_the_next_head_on_a_connection_has_its_time_too(drip: bytes) -> None:
    async def scene() -> None:
        server = WiredServer()
        connection, wire = server.connect()
        connection.data_received(GET)
        await answered()
        server.after(50)
        connection.data_received(drip)  # after which uvicorn no longer looks at the time
        server.after(9)
        assert not wire.closed
        server.after(1)
        assert wire.closed

    asyncio.run(scene())


@in_loop
async def test_a_request_that_is_being_answered_has_all_the_time_it_needs() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    connection.data_received(GET.replace(b"/healthz", b"/wait"))
    await answered()
    server.after(1000)
    assert not wire.is_closing()


@pytest.mark.parametrize("pieces", [1, 3], ids=["at once", "in pieces"])
def test_a_head_that_is_too_large_is_refused(pieces: int) -> None:
    async def scene() -> None:
        server = WiredServer()
        connection, wire = server.connect()
        head = GET[:-2] + b"X: " + b"a" * 600 + b"\r\n\r\n"
        size = len(head) // pieces
        for start in range(0, len(head), size):
            if not wire.closed:
                connection.data_received(head[start : start + size])
        await answered()
        assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 431", True)

    asyncio.run(scene())


@in_loop
async def test_a_head_without_end_is_cut_off() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    connection.data_received(GET[:-2])
    for _ in range(6):
        if not wire.closed:
            connection.data_received(b"X: " + b"a" * 95 + b"\r\n")
    assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 431", True)


@in_loop
async def test_what_is_no_http_is_refused_as_before() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    connection.data_received(b"\x16\x03\x01 hello\r\n\r\n")
    assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 400", True)


@in_loop
async def test_a_client_that_takes_nothing_of_its_answer_is_given_up() -> None:
    server = WiredServer()
    _, wire = server.connect()
    connection, slow = server.connect("10.0.0.2")
    connection.data_received(GET)
    await answered()
    given_up = []
    for size in (1000, 900, 800):  # it reads, if slowly
        slow.unsent_bytes = size
        server.after(29)
        given_up.append(slow.aborted)
    connection.resume_writing()
    for seconds in (29, 1):
        server.after(seconds)
        given_up.append(slow.aborted)
    assert given_up == [False, False, False, False, True]
    assert not wire.aborted


@in_loop
async def test_an_address_has_half_of_all_connections_and_another_half_of_what_is_left() -> None:
    server = WiredServer()
    busy = GET.replace(b"/healthz", b"/wait")
    wires = []
    for address in ["10.0.0.1"] * 6 + ["10.0.0.2"] * 3:
        connection, wire = server.connect(address)
        connection.data_received(busy)
        wires.append(wire)
    assert (server.refused, server.guard.open) == (3, 9)
    for number in range(3, 8):
        server.connect(f"10.0.0.{number}")[0].data_received(busy)
    assert server.refused == 6  # eight have a place


@in_loop
async def test_on_a_connection_without_a_place_a_request_is_marked_and_is_the_last_one() -> None:
    server = WiredServer()
    for _ in range(4):
        server.connect()[0].data_received(GET.replace(b"/healthz", b"/wait"))
    connection, wire = server.connect()
    connection.data_received(GET)
    await answered()
    assert wire.written.endswith(b"crowded")
    assert b"connection: close" in wire.written
    assert wire.closed


@in_loop
async def test_beyond_the_spare_ones_a_connection_is_closed_at_once() -> None:
    server = WiredServer()
    for _ in range(4):
        server.connect()[0].data_received(GET.replace(b"/healthz", b"/wait"))
    for _ in range(SPARE // 2):
        assert not server.connect()[1].closed
    _, wire = server.connect()
    assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 503", True)
    assert b"retry-after" in wire.written
    assert not server.connect("10.0.0.2")[1].closed


@in_loop
async def test_a_proxy_that_is_trusted_may_have_them_all() -> None:
    server = WiredServer()
    for _ in range(8):
        server.connect("10.0.0.9")[0].data_received(GET.replace(b"/healthz", b"/wait"))
    assert server.refused == 0
    server.connect("10.0.0.9")
    assert server.refused == 1


@in_loop
async def test_who_comes_later_gets_the_place_of_one_that_does_nothing() -> None:
    server = WiredServer()
    waiting, resting = server.connect("10.0.0.9"), server.connect("10.0.0.9")
    resting[0].data_received(GET)
    await answered()
    for _ in range(6):
        server.connect("10.0.0.9")[0].data_received(GET.replace(b"/healthz", b"/wait"))
    assert not server.connect("10.0.0.2")[1].closed
    assert (resting[1].closed, waiting[1].closed, server.refused) == (True, False, 0)
    server.connect("10.0.0.3")
    assert (waiting[1].closed, server.refused) == (False, 1)  # its head may be on the way
    server.clock.now_s += 1
    server.connect("10.0.0.4")
    assert (waiting[1].closed, server.refused) == (True, 1)


@in_loop
async def test_a_connection_that_ends_makes_room_and_leaves_nothing_behind() -> None:
    server = WiredServer()
    for _ in range(50):
        connection, _ = server.connect()
        connection.connection_lost(None)
    assert (server.guard.open, server.refused, dict(server.guard._count_of)) == (0, 0, {})


@in_loop
async def test_what_comes_in_one_moment_is_started_a_few_at_a_time_and_health_checks_before_it() -> None:
    server = WiredServer(Bounds(connections=1000, head_bytes=500, head_timeout_s=10, send_timeout_s=30))
    for _ in range(30):
        server.connect()[0].data_received(GET.replace(b"/healthz", b"/wait"))
    assert server.tasks == 0
    server.connect()[0].data_received(GET)
    counts = [server.tasks]
    while server.tasks < 30:
        await asyncio.sleep(0)
        counts.append(server.tasks)
    await answered()  # the last one begins, too
    assert counts[0] == 1
    assert max(after - before for before, after in itertools.pairwise(counts)) <= 4


@in_loop
async def test_who_left_before_the_start_costs_nothing() -> None:
    server = WiredServer()
    connection, _ = server.connect()
    connection.data_received(GET.replace(b"/healthz", b"/wait"))
    connection.connection_lost(None)
    await answered()
    assert server.tasks == 0


@in_loop
async def test_while_connections_come_in_nothing_is_started_as_long_as_they_have_an_end() -> None:
    starts, started = Starts(most_let_before=3), list[int]()
    for number in range(2):  # the second time, as many are let in again
        starts.add(lambda number=number: started.append(number))  # type: ignore[misc]
        counts = []
        for _ in range(5):
            starts.connected()
            await asyncio.sleep(0)
            counts.append(len(started) - number)
        assert counts == [0, 0, 0, 1, 1]
