"""Whose connection goes where there is no place, and that it is gone in the end."""

from typing import Final

from support.wires import GET, Wire, WiredServer, answered, in_loop

WAIT: Final = GET.replace(b"/healthz", b"/wait")


async def resting(server: WiredServer, address: str) -> Wire:
    """A connection between two requests."""
    connection, wire = server.connect(address)
    connection.data_received(GET)
    await answered()
    return wire


@in_loop
async def test_an_answer_that_is_not_taken_yet_makes_no_room_and_is_waited_for_with_an_end() -> None:
    server = WiredServer()
    slow = await resting(server, "10.0.0.9")
    slow.unsent_bytes = 1000
    for _ in range(7):
        server.connect("10.0.0.9")[0].data_received(WAIT)
    server.connect("10.0.0.2")
    assert (slow.is_closing(), server.refused) == (False, 1)
    server.after(0)
    server.after(30)
    assert slow.aborted


@in_loop
async def test_a_head_that_is_late_behind_an_answer_that_is_not_taken_is_cut_off() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    connection.data_received(GET)
    await answered()
    wire.unsent_bytes = 1000
    connection.data_received(GET[:9])
    server.after(10)
    assert (wire.closed, wire.aborted) == (False, True)  # closing would wait for the client


@in_loop
async def test_one_that_made_room_is_looked_after_until_it_is_gone() -> None:
    server = WiredServer()
    connection, late = server.connect("10.0.0.9")
    connection.data_received(GET[:9])
    for _ in range(7):
        server.connect("10.0.0.9")[0].data_received(WAIT)
    server.clock.now_s += 1
    server.connect("10.0.0.2")[0].data_received(WAIT)
    late.unsent_bytes = len(late.written)
    assert (late.written[:12], late.closed, server.guard.open) == (b"HTTP/1.1 408", True, 9)
    server.after(30)
    assert late.aborted
    connection.connection_lost(None)
    assert server.guard.open == 8


@in_loop
async def test_who_has_as_much_as_others_closes_none_of_theirs() -> None:
    server = WiredServer()
    for _ in range(4):
        server.connect()[0].data_received(WAIT)
    others = [await resting(server, f"10.0.0.{number}") for number in range(2, 6)]
    server.connect()
    assert ([wire.closed for wire in others], server.refused) == ([False] * 4, 1)
    for _ in range(2):
        server.connect("10.0.0.6")[0].data_received(WAIT)
    assert ([wire.closed for wire in others], server.refused) == ([True, False, False, False], 2)
    server.connect("10.0.0.9")  # a proxy speaks for many
    assert ([wire.closed for wire in others], server.refused) == ([True, True, False, False], 2)


@in_loop
async def test_a_proxy_that_is_trusted_gets_the_place_of_one_who_has_less() -> None:
    server = WiredServer()
    for _ in range(7):
        server.connect("10.0.0.9")[0].data_received(WAIT)
    wire = await resting(server, "10.0.0.1")
    server.connect("10.0.0.9")
    assert (wire.closed, server.refused) == (True, 0)


@in_loop
async def test_while_a_place_is_left_nobody_goes_for_one_who_has_no_share_of_it() -> None:
    server = WiredServer()
    wire = await resting(server, "10.0.0.9")
    for address in ["10.0.0.9"] * 4 + ["10.0.0.1"] * 2:
        server.connect(address)[0].data_received(WAIT)
    server.connect("10.0.0.1")
    assert (wire.closed, server.refused) == (False, 1)
