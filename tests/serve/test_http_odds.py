"""HTTP that is right and seldom, or wrong and dangerous: other protocols, requests in a row, hosts, expectations."""

import pytest

from support.wires import GET, WiredServer, answered, in_loop

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
HELLO = b"Content-Length: 5\r\n\r\nhello"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def post(rest: bytes, path: bytes = b"/wait") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + rest


@in_loop
@pytest.mark.parametrize("body", [HELLO, CHUNKED], ids=["with its length", "in chunks"])
@pytest.mark.parametrize("piece_bytes", [1000, 1], ids=["at once", "byte by byte"])
async def test_a_wish_for_another_protocol_is_passed_over_and_the_body_is_read(body: bytes, piece_bytes: int) -> None:
    connection, wire = WiredServer().connect()
    whole = post(H2C + body)
    for at in range(0, len(whole), piece_bytes):
        connection.data_received(whole[at : at + piece_bytes])
    assert (bytes(connection.cycle.body), connection.cycle.more_body) == (b"hello", False)
    assert [name for name, _ in connection.headers if name == b"upgrade"] == []
    assert wire.written == b""
    connection.connection_lost(None)
    await answered()


@in_loop
async def test_what_follows_a_wish_for_another_protocol_is_answered_too() -> None:
    connection, wire = WiredServer().connect()
    connection.data_received((GET[:-2] + H2C + b"\r\n") * 2 + GET)
    await answered()
    connection.data_received(GET)
    await answered()
    assert wire.written.count(b"placed") == 4
    assert not wire.closed


@in_loop
async def test_connect_is_answered_and_nothing_behind_it_is_read() -> None:
    connection, wire = WiredServer().connect()
    connection.data_received(b"CONNECT /healthz HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01")
    connection.data_received(b"\x16\x03\x01")
    await answered()
    assert (wire.written.count(b"HTTP/1.1"), wire.written[:12], wire.closed) == (1, b"HTTP/1.1 200", True)


@in_loop
@pytest.mark.parametrize(
    "junk", [b"\0 junk\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 600], ids=["no HTTP", "too large"]
)
@pytest.mark.parametrize("together", [True, False])
async def test_a_whole_request_gets_its_own_answer_whatever_follows_it(junk: bytes, *, together: bool) -> None:
    connection, wire = WiredServer().connect()
    for piece in [GET + junk, b"a" * 600] if together else [GET, junk, b"a" * 600]:
        connection.data_received(piece)
    await answered()
    assert (wire.written.count(b"HTTP/1.1"), wire.written[:12], wire.closed) == (1, b"HTTP/1.1 200", True)
    assert b"connection: close" in wire.written


@in_loop
@pytest.mark.parametrize(("in_a_row", "answers"), [(65, 65), (66, 65), (5000, 65)])
async def test_who_sends_many_requests_ahead_gets_the_first_answered(in_a_row: int, answers: int) -> None:
    connection, wire = WiredServer().connect()
    for _ in range(2):
        connection.data_received(GET * (in_a_row // 2))
    connection.data_received(GET * (in_a_row % 2))
    assert len(connection.pipeline) <= 64
    while wire.written.count(b"placed") < answers:
        await answered()
    await answered()
    assert (wire.written.count(b"placed"), wire.closed) == (answers, in_a_row > 65)


@in_loop
@pytest.mark.parametrize("in_a_row", [1, 2, 3])
async def test_nothing_is_written_to_a_client_that_is_gone(in_a_row: int) -> None:
    server = WiredServer()
    connection, wire = server.connect()
    connection.data_received(GET * in_a_row)
    connection.connection_lost(ConnectionResetError())
    await answered()
    assert (wire.written, server.tasks) == (b"", 0)


@in_loop
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n", b"400"),
        (b"GET /healthz HTTP/1.0\r\nHost: x\r\nHost: x\r\n", b"400"),
        (b"GET /healthz HTTP/1.0\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\nHost:\r\n", b"200"),
    ],
    ids=["none", "two", "two, of old", "none, of old", "an empty one"],
)
async def test_a_request_names_one_host(head: bytes, status: bytes) -> None:
    connection, wire = WiredServer().connect()
    connection.data_received(head + b"\r\n")
    await answered()
    assert wire.written[9:12] == status


@in_loop
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"Content-Length: 5, 5\r\n\r\nhello",
        b"Content-Length: +5\r\n\r\nhello",
        b"Content-Length: 5\r\n" + CHUNKED,
        CHUNKED.replace(b"\r\n", b"\r\nContent-Length: 5\r\n", 1),
        CHUNKED.replace(b": ", b" : ", 1),
        CHUNKED.replace(b"chunked", b"chunked, identity", 1),
        CHUNKED.replace(b"5\r\n", b"5\n", 1),
        b"X: a\r\n b\r\n" + HELLO,
        b"X: a\0b\r\n" + HELLO,
    ],
)
async def test_what_two_readers_could_read_differently_is_no_http(rest: bytes) -> None:
    connection, wire = WiredServer().connect()
    connection.data_received(post(rest))
    await answered()
    assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 400", True)
    connection.connection_lost(None)
    await answered()


@in_loop
@pytest.mark.parametrize(("version", "waits"), [(b"1.1", True), (b"1.0", False)])
async def test_only_clients_that_know_of_it_are_told_to_go_on(version: bytes, *, waits: bool) -> None:
    connection, _ = WiredServer().connect()
    connection.data_received(
        b"POST /wait HTTP/%b\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n" % version
    )
    assert connection.cycle.waiting_for_100_continue is waits
    connection.connection_lost(None)
    await answered()
