"""Who trains, validates and tests in a dataset version: by place and time.

Photos of one place, and pictures that look alike, form a *cluster*, and a cluster is never parted. What tests a model
must be newer than what trained it, as it will be in service: the clusters decided last test the corrections. What has
trained once never tests later, because the model in service may have learned it.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from hazardlens.training.data.splits import SplitName
from hazardlens.training.retraining.entries import NEVER, REVIEWED, Entry


class DividingConfig(BaseModel):
    """How reviewed photos are divided.

    Attributes:
        test_share: of the clusters with reviewed photos, the newest ones test.
        val_share: of the others that have no side yet, so many validate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    test_share: float = Field(default=0.2, ge=0, lt=1)
    val_share: float = Field(default=0.15, ge=0, lt=1)


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """The answer.

    Attributes:
        entries: all that take part; those of one cluster share one group.
        sides: by photo.
        left_out: photo -> why it takes no part.
    """

    entries: tuple[Entry, ...]
    sides: Mapping[str, SplitName]
    left_out: Mapping[str, str]


def divide(
    entries: Sequence[Entry],
    twins: Collection[tuple[str, str]],
    before: Mapping[str, SplitName],
    config: DividingConfig,
) -> Divided:
    """Give every photo its side.

    Args:
        entries: each photo once.
        twins: pairs of photos that look like one picture.
        before: sides in the version before this one, by photo.
        config: shares.
    """
    clusters = _clusters(entries, twins)
    sides: dict[str, SplitName] = {}
    left_out: dict[str, str] = {}
    settled = {name: _settled(members, before) for name, members in clusters.items()}
    free = _assign(clusters, settled, config)
    kept: list[Entry] = []
    for name, members in clusters.items():
        side = settled[name] or free[name]
        for entry in members:
            photo = entry.record.photo
            if side == "test" and _has_trained(entry, before):
                left_out[photo] = "it has trained before, but shares a place or picture with the frozen test"
                continue
            sides[photo] = side
            kept.append(replace(entry, record=replace(entry.record, group=name)))
    return Divided(tuple(kept), sides, left_out)


def _clusters(entries: Sequence[Entry], twins: Collection[tuple[str, str]]) -> dict[str, list[Entry]]:
    """By the smallest name of their groups."""
    parent: dict[str, str] = {}

    def root(group: str) -> str:
        while parent.setdefault(group, group) != group:
            group = parent[group]
        return group

    def join(one: str, other: str) -> None:
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    group_of = {entry.record.photo: entry.record.group for entry in entries}
    for entry in entries:
        for group in entry.also_groups:
            join(entry.record.group, group)
    for one, other in twins:
        join(group_of[one], group_of[other])
    clusters: dict[str, list[Entry]] = {}
    for entry in entries:
        clusters.setdefault(root(entry.record.group), []).append(entry)
    return clusters


def _has_trained(entry: Entry, before: Mapping[str, SplitName]) -> bool:
    return not {"train", "val"}.isdisjoint((entry.side, before.get(entry.record.photo)))


def _settled(members: Sequence[Entry], before: Mapping[str, SplitName]) -> SplitName | None:
    """The side that a cluster has already: frozen first, then what trained, then what validated."""
    fixed = {entry.side for entry in members}
    earlier = {before.get(entry.record.photo) for entry in members}
    if "test" in fixed:
        return "test"
    if "train" in fixed | earlier:
        return "train"
    return "val" if "val" in fixed | earlier else None


def _assign(
    clusters: Mapping[str, Sequence[Entry]], settled: Mapping[str, SplitName | None], config: DividingConfig
) -> dict[str, SplitName]:
    """Sides of the clusters that have none yet."""
    by_time = sorted(
        (name for name, members in clusters.items() if any(entry.record.source == REVIEWED for entry in members)),
        key=lambda name: (max(entry.decided_at or NEVER for entry in clusters[name]), name),
        reverse=True,
    )
    tested = max(round(len(by_time) * config.test_share), 1) if config.test_share and len(by_time) > 1 else 0
    newest = {name for name in by_time[:tested] if settled[name] is None}
    rest = sorted((name for name in by_time[tested:] if settled[name] is None), key=_draw)
    wanted = round(len(rest) * config.val_share)
    if "val" not in settled.values() and len(rest) > 1:
        wanted = max(wanted, 1)
    validating = set(rest[:wanted])
    return {
        name: "test" if name in newest else "val" if name in validating else "train"
        for name in clusters
        if settled[name] is None
    }


def _draw(group: str) -> str:
    """An order that depends on nothing but the name: clusters that come later do not shift who validates."""
    return hashlib.sha256(group.encode()).hexdigest()
