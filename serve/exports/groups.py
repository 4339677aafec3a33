"""Which reports belong together, so that photos of one place are never on both sides of a split."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from hazardlens.model.exports.reviewed import PLACE_DECIMALS, Place
from hazardlens.serve.store.tables import report_links, report_media, reports


def rounded_place(latitude: float | None, longitude: float | None) -> Place | None:
    """A place as exports tell it: near enough to group by, too coarse to find somebody's door."""
    if latitude is None or longitude is None:
        return None
    return Place(latitude=round(latitude, PLACE_DECIMALS) + 0.0, longitude=round(longitude, PLACE_DECIMALS) + 0.0)


def read_groups(connection: Connection) -> Mapping[str, str]:
    """The group of each report that is not alone in one.

    Reports of one rounded place, likely duplicates of each other and reports that share a photo are together, and so is
    what hangs together by way of a third. All reports take part, exported or not, so that the filters of an export
    change no group.
    """
    ties = _Ties()
    places = select(reports.c.id, reports.c.latitude, reports.c.longitude).where(reports.c.latitude.is_not(None))
    for report_id, latitude, longitude in connection.execute(places):
        place = rounded_place(latitude, longitude)
        if place is not None:
            ties.tie(report_id, f"place/{place.latitude:.{PLACE_DECIMALS}f},{place.longitude:.{PLACE_DECIMALS}f}")
    for report_id, other_id in connection.execute(select(report_links.c.report_id, report_links.c.other_id)):
        ties.tie(report_id, other_id)
    kept = report_media.c.sha256 != ""
    photos = select(report_media.c.sha256, report_media.c.report_id).where(kept).order_by(report_media.c.sha256)
    last: tuple[str, str] = ("", "")
    for sha256, report_id in connection.execute(photos):
        if sha256 == last[0]:
            ties.tie(last[1], report_id)
        last = (sha256, report_id)
    return ties.groups()


class _Ties:
    """Sets that grow together (union-find). Members are report ids and names of places."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def tie(self, one: str, other: str) -> None:
        self._parents[self._root(one)] = self._root(other)

    def _root(self, member: str) -> str:
        path = []
        while (parent := self._parents.setdefault(member, member)) != member:
            path.append(member)
            member = parent
        for passed in path:
            self._parents[passed] = member
        return member

    def groups(self) -> dict[str, str]:
        """Report id to the name of its group: its first place, or else its first report."""
        members: dict[str, list[str]] = defaultdict(list)
        for member in self._parents:
            members[self._root(member)].append(member)
        return {member: name for set_ in members.values() for name in (_name(set_),) for member in set_}


def _name(members: Iterable[str]) -> str:
    places = sorted(member for member in members if member.startswith("place/"))
    return places[0] if places else f"cluster/{min(members)}"
