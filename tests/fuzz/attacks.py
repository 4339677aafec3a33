"""Damaged uploads, as bytes on the wire: photos and clips, bodies around them, and the HTTP around those.

Case N of a seed is always the same, so that what broke something can be sent again.
"""

import base64
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from fuzz.contract import SEEDS
from fuzz.mutating import mutated
from support import broken_pictures, pictures
from support.project import REPO

_BOUNDARY: Final = b"XX"
_FORM: Final = b"multipart/form-data; boundary=XX"
_KINDS: Final = ("jpeg", "png", "webp", "heif", "avif", "video")
_PATHS: Final = (b"/v1/classify", b"/v1/classify", b"/v1/classify", b"/v1/reports")
_TYPES: Final = (
    *(_FORM, b"application/json", b"image/jpeg", b"image/heic", b"video/mp4", b"multipart/form-data", b"text/plain"),
    *(
        b"multipart/mixed; boundary=XX",
        b"multipart/form-data; boundary=" + b"Y" * 300,
        b"application/json; charset=utf-16",
    ),
    *(b"", b"image/", b"/", b"\xff", b"application/x-www-form-urlencoded", b'multipart/form-data; boundary="X'),
)
_QUERIES: Final = (b"", b"", b"", b"?text=%ff", b"?min_confidence=nan", b"?a", b"?text=a&text=b", b"?" + b"&" * 999)


@dataclass(frozen=True, slots=True)
class Case:
    """One upload.

    Attributes:
        family: what was damaged.
        wire: all bytes to send.
        finished: whether the client hangs up as soon as it has sent them, without waiting for the answer.
        good: nothing is wrong with it: 200 or 201 is the only right answer.
        framed: it is a whole HTTP request, so that an answer has to come.
        cut_off: the client says that nothing more comes.
    """

    family: str
    wire: bytes
    finished: bool = False
    good: bool = False
    framed: bool = True
    cut_off: bool = False


@cache
def files() -> Mapping[str, Sequence[bytes]]:
    """Good files, by kind; small, but for one photo."""
    found = {kind: [path.read_bytes() for path in sorted((SEEDS / kind).glob("*"))] for kind in _KINDS}
    for name, make in {**pictures.MARKED, **broken_pictures.BROKEN, **broken_pictures.UNSUPPORTED}.items():
        kind = next((kind for kind in ("png", "webp", "heif", "avif") if kind in name.lower()), "jpeg")
        found["heif" if "HEIC" in name else kind].append(make())
    found["jpeg"].append((REPO / "datasets" / "samples" / "clear_door.jpg").read_bytes())
    return {kind: some for kind, some in found.items() if some}


def case(number: int, seed: int) -> Case:
    """Case `number` of a seed."""
    rng = random.Random(f"{seed} {number}")  # noqa: S311 - damage has to come back, not to be secret
    return _FAMILIES[number % len(_FAMILIES)](rng)


def request(path: bytes, content_type: bytes, body: bytes, *, query: bytes = b"", headers: bytes = b"") -> bytes:
    """A whole HTTP request."""
    return b"".join(
        (
            b"POST " + path + query + b" HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n",
            b"Content-Type: " + content_type + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n",
            headers + b"\r\n" + body,
        )
    )


def form(content: bytes, text: bytes | None = None, name: bytes = b"a.jpg") -> bytes:
    """A form with one file."""
    head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    words = b"" if text is None else b'\r\n--XX\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + text
    return head + content + words + b"\r\n--XX--\r\n"


def as_json(content: bytes, text: str | None = None) -> bytes:
    """The same as JSON."""
    words = {} if text is None else {"text": text}
    return json.dumps({"media": [{"name": "a.jpg", "data": base64.b64encode(content).decode()}], **words}).encode()


def _damaged(rng: random.Random) -> bytes:
    kind = rng.choice(list(files()))
    return mutated(rng.choice(files()[kind]), files()[kind], rng)


def _words(rng: random.Random) -> str | None:
    return rng.choice((None, "", "井盖没了，旁边是学校", "a" * 3000, "\0", "\u202e", "İ" * 100))


def _file_in_form(rng: random.Random) -> Case:
    words = _words(rng)
    body = form(_damaged(rng), None if words is None else words.encode())
    return Case("a photo or clip in a form", request(rng.choice(_PATHS), _FORM, body))


def _file_in_json(rng: random.Random) -> Case:
    return Case("one in JSON", request(rng.choice(_PATHS), b"application/json", as_json(_damaged(rng), _words(rng))))


def _file_alone(rng: random.Random) -> Case:
    kind = rng.choice((b"image/jpeg", b"image/png", b"image/x", b"video/mp4"))
    return Case("one alone", request(rng.choice(_PATHS), kind, _damaged(rng), query=rng.choice(_QUERIES)))


def _several_files(rng: random.Random) -> Case:
    parts = (form(_damaged(rng)).removesuffix(b"--XX--\r\n") for _ in range(rng.choice((2, 3, 9))))
    return Case("several", request(rng.choice(_PATHS), _FORM, b"".join(parts) + b"--XX--\r\n"))


def _body_of_a_form(rng: random.Random) -> Case:
    body = mutated(form(pictures.one_pixel(), b"words"), (form(b"x"), form(b"", b"")), rng)
    return Case("the form itself", request(rng.choice(_PATHS), _FORM, body))


def _body_of_json(rng: random.Random) -> Case:
    good = as_json(pictures.one_pixel(), "words")
    deep = rng.choice((b"[" * 5000, b'{"media":' * 5000, b"1" * 5000, b'"\\ud800"', b"[" + b"0," * 30_000 + b"0]"))
    body = deep if rng.random() < 0.2 else mutated(good, (good, b'{"media":[],"text":"\\u0000"}'), rng)
    return Case("the JSON itself", request(rng.choice(_PATHS), b"application/json", body))


def _wrong_type(rng: random.Random) -> Case:
    body = rng.choice((form(pictures.one_pixel()), as_json(pictures.one_pixel()), _damaged(rng), b""))
    return Case(
        "another content type", request(rng.choice(_PATHS), rng.choice(_TYPES), body, query=rng.choice(_QUERIES))
    )


def _cut_off(rng: random.Random) -> Case:
    whole = request(rng.choice(_PATHS), _FORM, form(_damaged(rng)))
    return Case(
        "cut off", whole[: rng.randrange(1, len(whole))], finished=rng.random() < 0.5, framed=False, cut_off=True
    )


def _hung_up(rng: random.Random) -> Case:
    return Case("hung up before the answer", request(rng.choice(_PATHS), _FORM, form(_damaged(rng))), finished=True)


def _headers(rng: random.Random) -> Case:
    odd = rng.choice(
        (
            b"X-Long: " + b"a" * rng.choice((4000, 70_000, 500_000)) + b"\r\n",
            b"X: y\r\n" * rng.choice((50, 5000)),
            b"Content-Encoding: gzip\r\n",
            b"Expect: 100-continue\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: -1\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"Cookie: hazardlens_session=" + rng.randbytes(30).replace(b"\r", b"").replace(b"\n", b"") + b"\r\n",
            b"Authorization: Bearer " + b"\xff\x00\x80" + b"\r\n",
            b"Authorization: Basic " + b"A" * 500 + b"\r\n",
            b"Idempotency-Key: \xe4\xba\x95\r\n",
            b"X-Request-ID: ../../\r\n",
            b"X-Forwarded-For: ::ffff:1.2.3.4%x, \xff\r\n",
            b"traceparent: 00-" + b"0" * 64 + b"\r\n",
            b"\x00: \x00\r\n",
            b" folded: a\r\n b\r\n",
        )
    )
    wire = request(rng.choice(_PATHS), _FORM, form(pictures.one_pixel()), headers=odd)
    return Case("the headers", wire, framed=False)


def _chunks(rng: random.Random) -> Case:
    body = form(pictures.one_pixel())
    sizes = rng.choice(
        (b"%x\r\n" % len(body), b"%x;x=y\r\n" % len(body), b"ffffffffffffffff\r\n", b"-1\r\n", b"zz\r\n")
    )
    end = rng.choice((b"\r\n0\r\n\r\n", b"\r\n", b"", b"\r\n0\r\nX: y\r\n\r\n", b"0\r\n\r\n"))
    head = b"POST /v1/classify HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\nContent-Type: " + _FORM
    return Case("chunks", head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + sizes + body + end, framed=False)


def _whole_request(rng: random.Random) -> Case:
    good = request(b"/v1/classify", _FORM, form(pictures.one_pixel()))
    return Case(
        "the whole request", mutated(good, (good, request(b"/", b"", b""), rng.randbytes(64)), rng), framed=False
    )


def _good(rng: random.Random) -> Case:
    make = rng.choice(list(pictures.MARKED.values()))
    return Case("nothing", request(b"/v1/classify", _FORM, form(make(), "井盖没了".encode())), good=True)


Family = Callable[[random.Random], Case]
_FAMILIES: Final[tuple[Family, ...]] = (
    *(_file_in_form, _file_alone, _file_in_form, _file_in_json, _file_in_form, _file_alone, _several_files),
    *(_body_of_a_form, _body_of_json, _wrong_type, _cut_off, _hung_up, _headers, _chunks, _whole_request, _good),
)
"""Half of all cases are damaged files; the rest is what is around them, and one in sixteen is good."""
