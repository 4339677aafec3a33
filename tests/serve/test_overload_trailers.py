"""What stands around a body: trailers and the lines of its chunks."""

import asyncio

import pytest

from support.wires import GET, WiredServer, answered, in_loop


def chunked(*parts: bytes, path: bytes = b"/wait") -> list[bytes]:
    return [b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", *parts]


@pytest.mark.parametrize(
    "pieces",
    [
        chunked(b"0\r\n" + b"X: abc\r\n" * 100),
        chunked(b"0\r\n" + b"X: abc\r\n" * 100 + b"\r\n"),
        chunked(b"0\r\n", *[b"X: abc\r\n"] * 100),
        chunked(b"0\r\nX: ", *[b"a"] * 600),
        chunked(b"3;", *[b"a"] * 600),
    ],
    ids=["many at once", "many and the end", "one by one", "one without end", "beside a chunk"],
)
def test_what_stands_around_a_body_is_no_larger_than_a_head(pieces: list[bytes]) -> None:
    async def scene() -> None:
        server = WiredServer()
        connection, wire = server.connect()
        for piece in pieces:
            assert len(connection.headers or ()) <= 2
            if not wire.closed:
                connection.data_received(piece)
                await answered()
        assert (wire.written[:12], wire.closed) == (b"HTTP/1.1 431", True)
        connection.connection_lost(None)
        await answered()

    asyncio.run(scene())


@in_loop
async def test_trailers_and_many_chunks_do_no_harm_and_trailers_become_no_headers() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    for piece in chunked(*[b"1\r\na\r\n"] * 200, b"0\r\nAuthorization: x\r\n\r\n", path=b"/healthz"):
        connection.data_received(piece)
        await answered()
    assert wire.written.endswith(b"placed")
    assert not wire.closed
    assert [name for name, _ in connection.headers] == [b"host", b"transfer-encoding"]
    connection.data_received(GET)
    await answered()
    assert wire.written.count(b"placed") == 2


@in_loop
async def test_a_request_that_is_answered_gets_no_second_answer_for_its_trailers() -> None:
    server = WiredServer()
    connection, wire = server.connect()
    for piece in chunked(path=b"/healthz"):
        connection.data_received(piece)
        await answered()
    before = wire.written
    connection.data_received(b"0\r\n" + b"X: abc\r\n" * 100)
    assert (wire.written, wire.closed) == (before, True)
