"""Likely duplicates: found when a report comes in, linked, and shown; nothing is ever merged or dropped.

Candidates come by four narrow ways, each a range of an index with a limit, so that the search hardly costs more when
there are more reports: the same file; the same sender and number; the same place and time; and, because some have no
place, the same look and time. Which of them are duplicates is then decided by one pure function.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, insert, select

from hazardlens.serve.access.principals import ANONYMOUS
from hazardlens.serve.reports.ids import first_id_of
from hazardlens.serve.reports.likeness import bands_of, bits_apart
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.media_tables import photo_bands
from hazardlens.serve.store.tables import report_links, report_media, reports

_EARTH_RADIUS_M: Final = 6_371_008.8
_MAX_CANDIDATES: Final = 500
"""Of each way. More reports than this of one place and time are one event, and well linked."""
_MAX_SHARED_BANDS: Final = 5000
"""Photos of a hundred thousand reports share a band with some fifty of them."""


@dataclass(frozen=True, slots=True)
class DuplicateRules:
    """When two reports are likely about the same thing.

    Attributes:
        window_s: apart in time at most; for everything but the same file and the same external id.
        distance_m: apart in place at most, in metres.
        bits: of 64, by which the looks of two photos may differ when both reports have a place.
        placeless_bits: the same when one has no place, where looks are all there is to go by.
    """

    window_s: float
    distance_m: float
    bits: int
    placeless_bits: int

    @classmethod
    def from_settings(cls, settings: Settings) -> "DuplicateRules":
        """As the operator chose."""
        return cls(
            settings.duplicate_window_h * 3600,
            settings.duplicate_distance_m,
            settings.duplicate_hash_bits,
            settings.duplicate_placeless_hash_bits,
        )


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared of a report.

    Attributes:
        id: of the report.
        created_at: when it came in.
        place: latitude and longitude in degrees.
        sent_as: who sent it and under which number of theirs; None without a number, and for the anonymous.
        sha256s: of its photos.
        looks: hashes of those of its photos that have one.
    """

    id: str
    created_at: datetime
    place: tuple[float, float] | None
    sent_as: tuple[str, str] | None
    sha256s: frozenset[str]
    looks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Why another report is a likely duplicate."""

    other_id: str
    same_photo: bool
    hash_distance: int | None
    distance_m: float | None
    apart_s: float


def compare(newcomer: Traits, other: Traits, rules: DuplicateRules) -> Link | None:
    """The link between two reports; None where they are not likely duplicates."""
    apart_s = abs((newcomer.created_at - other.created_at).total_seconds())
    same_photo = bool(newcomer.sha256s & other.sha256s)
    distance_m = None
    if newcomer.place is not None and other.place is not None:
        distance_m = haversine_m(newcomer.place, other.place)
    bits = min((bits_apart(one, two) for one in newcomer.looks for two in other.looks), default=None)
    near = distance_m is not None and distance_m <= rules.distance_m
    most_bits = rules.bits if near else rules.placeless_bits if distance_m is None else -1
    alike = bits is not None and bits <= most_bits and apart_s <= rules.window_s
    sent_again = newcomer.sent_as is not None and newcomer.sent_as == other.sent_as
    if not (same_photo or alike or sent_again):
        return None
    return Link(other.id, same_photo, 0 if same_photo else bits, distance_m, apart_s)


def find_duplicates(connection: Connection, newcomer: Traits, rules: DuplicateRules) -> list[Link]:
    """Links from a new report to others, in the transaction that stores it."""
    ids = set(_alike(connection, newcomer, rules))
    for query in _candidate_queries(newcomer, rules):
        ids.update(connection.scalars(query.limit(_MAX_CANDIDATES)))
    ids.discard(newcomer.id)
    links = (compare(newcomer, other, rules) for other in _traits_of(connection, ids))
    return [link for link in links if link is not None]


def store_links(connection: Connection, report_id: str, links: Sequence[Link], now: datetime) -> None:
    """Write links down, once for each pair."""
    rows = [
        {
            "report_id": report_id,
            "other_id": link.other_id,
            "at": now,
            "same_photo": link.same_photo,
            "hash_distance": link.hash_distance,
            "distance_m": link.distance_m,
            "apart_s": link.apart_s,
        }
        for link in links
    ]
    if rows:
        connection.execute(insert(report_links), rows)


def sent_as(source: str, external_id: str | None) -> tuple[str, str] | None:
    """See `Traits`; all the anonymous have one name, so their numbers say nothing."""
    return None if external_id is None or source == ANONYMOUS.actor else (source, external_id)


def haversine_m(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Metres between two places, each latitude and longitude in degrees, along the ground."""
    lat_1, lon_1, lat_2, lon_2 = (math.radians(value) for value in (*one, *two))
    half = math.sin((lat_2 - lat_1) / 2) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def _candidate_queries(newcomer: Traits, rules: DuplicateRules) -> Iterable[Select[Any]]:
    media = select(report_media.c.report_id).distinct().order_by(report_media.c.report_id.desc())
    yield media.where(report_media.c.sha256.in_(newcomer.sha256s))
    if newcomer.sent_as is not None:
        source, external_id = newcomer.sent_as
        same = (reports.c.source == source, reports.c.external_id == external_id)
        yield select(reports.c.id).where(*same).order_by(reports.c.id.desc())
    if newcomer.place is not None:
        since = newcomer.created_at - timedelta(seconds=rules.window_s)
        near = _box_around(newcomer.place, rules.distance_m)
        # Without an order: SQLite would take it from an index on time, and look at everybody's reports.
        yield select(reports.c.id).where(*near, reports.c.created_at >= since)


def _alike(connection: Connection, newcomer: Traits, rules: DuplicateRules) -> Iterable[str]:
    """Reports within the time window with a photo that looks almost the same, wherever they are."""
    bands = {band for look in newcomer.looks for band in bands_of(look)}
    since = newcomer.created_at - timedelta(seconds=rules.window_s)
    query = (
        select(photo_bands.c.report_id, photo_bands.c.phash)
        .where(photo_bands.c.band.in_(bands), photo_bands.c.report_id >= first_id_of(since))
        .limit(_MAX_SHARED_BANDS)
    )
    for row in connection.execute(query):
        if any(bits_apart(look, row.phash) <= rules.placeless_bits for look in newcomer.looks):
            yield row.report_id


def _box_around(place: tuple[float, float], distance_m: float) -> Iterable[ColumnElement[bool]]:
    latitude, longitude = place
    degrees = math.degrees(distance_m / _EARTH_RADIUS_M)
    yield reports.c.latitude.between(latitude - degrees, latitude + degrees)
    shrink = math.cos(math.radians(min(89.9, abs(latitude) + degrees)))
    wide = degrees / shrink
    if abs(longitude) + wide < 180:  # else the box would be cut in two by the date line; the latitude narrows enough
        yield reports.c.longitude.between(longitude - wide, longitude + wide)


def _traits_of(connection: Connection, ids: set[str]) -> Iterable[Traits]:
    chosen = list(ids)
    photos: dict[str, list[tuple[str, str | None]]] = {report_id: [] for report_id in chosen}
    media = select(report_media.c.report_id, report_media.c.sha256, report_media.c.phash)
    for row in connection.execute(media.where(report_media.c.report_id.in_(chosen))):
        photos[row.report_id].append((row.sha256, row.phash))
    columns = ("id", "created_at", "latitude", "longitude", "source", "external_id")
    for row in connection.execute(select(*(reports.c[name] for name in columns)).where(reports.c.id.in_(chosen))):
        yield Traits(
            row.id,
            row.created_at,
            None if row.latitude is None else (row.latitude, row.longitude),
            sent_as(row.source, row.external_id),
            frozenset(sha256 for sha256, _ in photos[row.id]),
            tuple(look for _, look in photos[row.id] if look is not None),
        )
