"""Clips made to hurt, each by its own idea, and the good ones that damage is done to."""

import random
import struct
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from support.video_files import Recipe, make_clip
from support.video_mutants import Atom, find, nested, parse, write

_SMALL: Final = Recipe(size_wh=(96, 64), count=8, key_gap=4)


def seeds() -> list[tuple[str, bytes]]:
    """Good clips of every container and codec, small, and one in fragments."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("h264 mp4", {"sound": True}),
        ("h264 mov", {"container": "mov", "rotation": 90}),
        ("h264 fragments", {"muxer": {"movflags": "frag_keyframe+empty_moov"}}),
        ("hevc mp4", {"codec": "hevc"}),
        ("vp9 webm", {"codec": "vp9", "container": "webm"}),
        ("vp8 webm", {"codec": "vp8", "container": "webm"}),
        ("av1 mp4", {"codec": "av1"}),
        ("av1 mkv", {"codec": "av1", "container": "mkv"}),
        ("h264 mkv", {"container": "mkv"}),
    ]
    return [(name, make_clip(Recipe(**{**vars(_SMALL), **changes}))) for name, changes in kinds]


def crafted() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of clips that no accident makes."""
    rng = random.Random(1)  # noqa: S311 - the same each time
    good = make_clip(_SMALL)
    yield "nothing but a head", good[:40]
    yield "a head and zeros", good[:40] + bytes(200_000)
    yield "a head and noise", good[:40] + rng.randbytes(200_000)
    yield "an index for pictures that are not there", write([atom for atom in parse(good) if atom.kind != b"mdat"])
    yield "pictures without an index", write([atom for atom in parse(good) if atom.kind != b"moov"])
    for name, where in (("a file", b"file:/etc/passwd"), ("an address", b"http://127.0.0.1:9/a.mp4")):
        atoms = parse(good)
        for atom in find(atoms, b"dref"):
            atom.body = (
                struct.pack(">II", 0, 1) + struct.pack(">I4sI", 12 + len(where) + 1, b"url ", 0) + where + b"\x00"
            )
        yield f"pictures in {name} elsewhere", write(atoms)
    yield "two million frames of no length", _with_table(good, b"stts", struct.pack(">IIII", 0, 1, 2_000_000, 0))
    yield "four thousand million frames", _with_table(good, b"stsz", struct.pack(">III", 0, 16, 0xFFFFFFFF))
    yield "a table that ends before it begins", _with_table(good, b"stsc", struct.pack(">II", 0, 0xFFFFFFFF))
    yield "an edit that goes round", _with_edits(good, 20_000)
    yield "a clip of three thousand tracks", _with_tracks(good, 3000)
    yield "frames larger than it says", _larger_than_it_says()
    yield "boxes in boxes", good[:32] + nested(20_000, b"moov")
    yield "a playlist", b"#EXTM3U\n#EXTINF:1,\nfile:/etc/passwd\n"
    yield "a playlist behind a head", good[:32] + b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x\n"


def _with_table(good: bytes, kind: bytes, body: bytes) -> bytes:
    atoms = parse(good)
    for atom in find(atoms, kind):
        atom.body = body
    return write(atoms)


def _with_edits(good: bytes, count: int) -> bytes:
    atoms = parse(good)
    entry = struct.pack(">IiI", 1, 0, 0x10000)
    for track in find(atoms, b"trak"):
        track.inner = [atom for atom in track.inner if atom.kind != b"edts"]
        track.inner.append(Atom(b"edts", inner=[Atom(b"elst", struct.pack(">II", 0, count) + entry * count)]))
    return write(atoms)


def _with_tracks(good: bytes, count: int) -> bytes:
    atoms = parse(good)
    for movie in find(atoms, b"moov"):
        movie.inner.extend([*find(movie.inner, b"trak")] * count)
    return write(atoms)


def _larger_than_it_says() -> bytes:
    """The index says 96 x 64; the decoder's own header says more than is allowed."""
    atoms = parse(make_clip(Recipe(size_wh=(5120, 2880), count=2, pictures=[np.zeros((2880, 5120, 3), np.uint8)])))
    for atom in find(atoms, b"stsd"):
        atom.body = atom.body[:40] + struct.pack(">HH", 96, 64) + atom.body[44:]
    return write(atoms)
