"""The covers and cables in the list of compositions, and which photos they take."""

from pathlib import Path

import numpy as np

from hazardlens.training.composing.cables import OUTDOORS
from hazardlens.training.composing.covers_near import STREETS
from hazardlens.training.composing.registry import compositions
from hazardlens.training.data.records import PhotoRecord


def record(source: str, labels: tuple[str, ...] = ()) -> PhotoRecord:
    return PhotoRecord(
        path=Path("a.jpg"),
        photo="photos/a.jpg",
        width=680,
        height=510,
        sha256="",
        source=source,
        licence="",
        provenance="own",
        group="a",
        looked_for=frozenset(),
        labels=labels,
        boxes_cxcywh=np.full((len(labels), 4), 0.5, np.float32),
    )


def test_each_composition_has_a_name_of_its_own() -> None:
    names = [composition.name for composition in compositions(None)]
    assert len(set(names)) == len(names)
    assert {"covers-open", "covers-raised", "covers-flush", "covers-close-up", "covers-real"} <= set(names)
    assert {"cables-hanging", "cables-sagging", "cables-taut"} <= set(names)


def test_kitchens_and_rats_are_no_streets() -> None:
    drawn = [c for c in compositions(None) if c.name.startswith(("covers-", "cables-"))]
    for source in ("doordetect-oi", "jorgevc17-rat", "everyday"):
        assert not any(composition.suits(record(source)) for composition in drawn)
    assert OUTDOORS | {"amsterdam-garbage-mh"} >= STREETS
    by_name = {composition.name: composition for composition in drawn}
    assert by_name["covers-open"].suits(record("mine-atanu"))
    assert by_name["covers-real"].suits(record("elsewhere", ("manhole_ok",)))
    assert not by_name["covers-real"].suits(record("mine-atanu"))
    assert by_name["cables-hanging"].suits(record("hamdani-pole"))
