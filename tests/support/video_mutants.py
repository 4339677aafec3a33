"""Damaged and hostile clips, made from good ones: by their bytes, by their boxes, and by what a box says."""

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

CONTAINERS: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"mvex", b"moof", b"traf"}
)
_ABSURD: Final = (0, 1, 2, 7, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_FULL: Final = 0xFFFFFFFF


@dataclass
class Atom:
    """One box of an ISO media file: what it holds, or the boxes in it; `claimed` is the size that it lies about."""

    kind: bytes
    body: bytes = b""
    inner: "list[Atom]" = field(default_factory=list)
    claimed: int | None = None

    def write(self) -> bytes:
        body = b"".join(atom.write() for atom in self.inner) if self.inner else self.body
        size = 8 + len(body) if self.claimed is None else self.claimed
        return struct.pack(">I", size & _FULL) + self.kind + body


def parse(data: bytes) -> list[Atom]:
    atoms, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        end = len(data) if size < 8 else min(len(data), at + size)
        body = data[at + 8 : end]
        atoms.append(Atom(kind, inner=parse(body)) if kind in CONTAINERS else Atom(kind, body))
        at = end
    return atoms


def write(atoms: Sequence[Atom]) -> bytes:
    return b"".join(atom.write() for atom in atoms)


def find(atoms: Sequence[Atom], kind: bytes) -> list[Atom]:
    return [found for atom in atoms for found in ([atom] if atom.kind == kind else []) + find(atom.inner, kind)]


def _all(atoms: Sequence[Atom]) -> list[Atom]:
    return [found for atom in atoms for found in [atom, *_all(atom.inner)]]


Damage = Callable[[list[Atom], random.Random], None]


def _lie_about_size(atoms: list[Atom], rng: random.Random) -> None:
    rng.choice(_all(atoms)).claimed = rng.choice((*_ABSURD, 8, 9, 16))


def _number(atoms: list[Atom], rng: random.Random) -> None:
    atom = rng.choice([atom for atom in _all(atoms) if 4 <= len(atom.body) < 4096])
    at = rng.randrange(len(atom.body) - 3)
    atom.body = atom.body[:at] + struct.pack(">I", rng.choice(_ABSURD)) + atom.body[at + 4 :]


def _drop(atoms: list[Atom], rng: random.Random) -> None:
    parent = rng.choice([atom for atom in _all(atoms) if atom.inner])
    del parent.inner[rng.randrange(len(parent.inner))]


def _repeat(atoms: list[Atom], rng: random.Random) -> None:
    parent = rng.choice([atom for atom in _all(atoms) if atom.inner])
    parent.inner.extend([rng.choice(parent.inner)] * rng.choice((1, 50, 2000)))


def _swap(atoms: list[Atom], rng: random.Random) -> None:
    one, other = rng.choice(_all(atoms)), rng.choice(_all(atoms))
    one.kind, other.kind = other.kind, one.kind


def _nest(atoms: list[Atom], rng: random.Random) -> None:
    atoms.append(Atom(b"moov", nested(rng.choice((100, 5000)), rng.choice((b"udta", b"trak", b"moov")))))


def nested(depth: int, kind: bytes) -> bytes:
    """Boxes in boxes, thousands deep."""
    body = b""
    for _ in range(depth):
        body = struct.pack(">I4s", 8 + len(body), kind) + body
    return body


def _counts(atoms: list[Atom], rng: random.Random) -> None:
    """A table of samples that says it is endless."""
    tables = [atom for kind in (b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"stss") for atom in find(atoms, kind)]
    for table in rng.sample(tables, min(len(tables), rng.choice((1, 2)))):
        if table.kind == b"stts":
            table.body = struct.pack(
                ">IIII", 0, 1, rng.choice((_FULL, 0x7FFFFFFF, 10**6)), rng.choice((0, 1, 512, _FULL))
            )
        else:
            table.body = table.body[:4] + struct.pack(">I", rng.choice(_ABSURD)) + table.body[8:]


def _clock(atoms: list[Atom], rng: random.Random) -> None:
    for atom in find(atoms, rng.choice((b"mdhd", b"mvhd"))):
        atom.body = atom.body[:12] + struct.pack(">I", rng.choice((0, 1, _FULL))) + atom.body[16:]


def _edits(atoms: list[Atom], rng: random.Random) -> None:
    """The same second again and again, backwards, or for ever."""
    entry = struct.pack(
        ">IiI", rng.choice((0, 1, 1000, _FULL)), rng.choice((-1, 0, 5, 2**31 - 1)), rng.choice((0, 0x10000, _FULL))
    )
    count = rng.choice((1, 1000, 50_000))
    edit = Atom(b"edts", inner=[Atom(b"elst", struct.pack(">II", 0, count) + entry * count)])
    for track in find(atoms, b"trak")[:1]:
        track.inner = [atom for atom in track.inner if atom.kind != b"edts"]
        track.inner.insert(1, edit)


def _elsewhere(atoms: list[Atom], rng: random.Random) -> None:
    """The pictures are in another file, or behind an address."""
    where = rng.choice((b"file:/etc/passwd", b"/etc/passwd", b"http://127.0.0.1:9/x", b"concat:/etc/passwd|/etc/hosts"))
    kind = rng.choice((b"url ", b"alis", b"rsrc"))
    reference = struct.pack(">I4sI", 12 + len(where) + 1, kind, 0) + where + b"\x00"
    for atom in find(atoms, b"dref"):
        atom.body = struct.pack(">II", 0, 1) + reference


def _picture_size(atoms: list[Atom], rng: random.Random) -> None:
    for atom in find(atoms, b"stsd"):
        width, height = rng.choice(((0, 0), (65535, 65535), (1, 65535), (16384, 16384)))
        atom.body = atom.body[:40] + struct.pack(">HH", width, height) + atom.body[44:]


def _codec_setup(atoms: list[Atom], rng: random.Random) -> None:
    """The decoder's own headers (avcC, hvcC): sizes in them decide what it sets aside."""
    for atom in find(atoms, b"stsd"):
        body = bytearray(atom.body)
        for _ in range(rng.choice((1, 3, 20))):
            body[rng.randrange(min(90, len(body) - 1), len(body))] = rng.randrange(256)
        atom.body = bytes(body)


def _another_codec(atoms: list[Atom], rng: random.Random) -> None:
    kind = rng.choice(
        (b"hvc1", b"avc1", b"vp09", b"av01", b"mp4v", b"jpeg", b"text", b"encv", b"drmi", b"rpza", b"mjp2")
    )
    for atom in find(atoms, b"stsd"):
        atom.body = atom.body[:12] + kind + atom.body[16:]


def _matrix(atoms: list[Atom], rng: random.Random) -> None:
    for atom in find(atoms, b"tkhd"):
        numbers = struct.pack(
            ">9i", *(rng.choice((0, 1, -1, 0x10000, -0x10000, 2**31 - 1, -(2**31))) for _ in range(9))
        )
        atom.body = atom.body[:40] + numbers + atom.body[76:]


DAMAGES: Final[tuple[Damage, ...]] = (
    _lie_about_size,
    _number,
    _number,
    _drop,
    _repeat,
    _swap,
    _nest,
    _counts,
    _clock,
    _edits,
    _elsewhere,
    _picture_size,
    _codec_setup,
    _another_codec,
    _matrix,
)


def mutants(seeds: Sequence[tuple[str, bytes]], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of `count` damaged clips; the same seed gives the same damage."""
    rng = random.Random(seed)  # noqa: S311 - damage has to come back, not to be secret
    for number in range(count):
        name, data = seeds[number % len(seeds)]
        is_iso = data[4:8] == b"ftyp"
        if is_iso and rng.random() < 0.6:
            damage = rng.choice(DAMAGES)
            atoms = parse(data)
            damage(atoms, rng)
            yield f"{number} {name} {damage.__name__}", write(atoms)
        else:
            how = rng.choice(SPOILS)
            yield f"{number} {name} {how.__name__}", how(data, rng)


def _flip(data: bytes, rng: random.Random) -> bytes:
    spoilt = bytearray(data)
    # Half of the damage goes to the ends, where headers are.
    for _ in range(rng.choice((1, 8, 100, 1000))):
        end = rng.choice((len(spoilt), min(512, len(spoilt))))
        spoilt[rng.randrange(end)] = rng.randrange(256)
    return bytes(spoilt)


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def _cut_out(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 4000) :]


def _put_in(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randrange(1, 4000)) + data[at:]


def _change_places(data: bytes, rng: random.Random) -> bytes:
    cuts = sorted(rng.randrange(len(data)) for _ in range(3))
    return data[: cuts[0]] + data[cuts[1] : cuts[2]] + data[cuts[0] : cuts[1]] + data[cuts[2] :]


def _again(data: bytes, rng: random.Random) -> bytes:
    """The clip behind itself, or its second half: two headers, or pictures without one."""
    return data + data[rng.choice((0, len(data) // 2)) :]


def _sizes(data: bytes, rng: random.Random) -> bytes:
    """EBML elements (and whatever looks alike) of absurd length."""
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 2, 5))):
        at = rng.randrange(min(len(spoilt), rng.choice((256, 4096))))
        number = rng.choice(
            (
                b"\x01\xff\xff\xff\xff\xff\xff\xff",
                b"\x01" + b"\x00" * 7,
                b"\x08\xff\xff\xff\xff",
                b"\x10\x00\x00\x00",
                b"\x80",
            )
        )
        spoilt[at : at + len(number)] = number
    return bytes(spoilt)


SPOILS: Final = (_flip, _flip, _truncate, _cut_out, _put_in, _change_places, _again, _sizes, _sizes)
