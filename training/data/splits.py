"""Which photo trains, which one chooses between epochs, and which one only ever tests.

A split never parts a group (one place, walk or video), also where several sources share it, and an honest test keeps
whole sources out of training. The manifest names every photo with its sha256 and has a hash of its own, so that a
figure can say exactly which photos it was measured on.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import SplitError

SplitName: TypeAlias = Literal["train", "val", "test"]
SPLITS: Final[tuple[SplitName, ...]] = ("train", "val", "test")
Component: TypeAlias = list[PhotoRecord]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitConfig(_Frozen):
    """How a split is made.

    Attributes:
        name: of the split, as manifests, runs and model cards call it.
        seed: the same records, configuration and seed give the same split.
        test_sources: sources that are kept out of training as a whole.
        train_sources: sources of a single place, which train as a whole.
        pooled_sources: sources in which each photo is another author and place, so that dividing them is honest.
        pooled_test: share of the pooled groups that test.
        pooled_val: share of the pooled groups that validate.
        val: share of the other groups, of each source, that validate.
        rare_labels: labels that validation must have some of, as far as they go.
        rare_val: share of the groups with a rare label that validate, at least one.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    seed: int = 0
    test_sources: tuple[str, ...]
    train_sources: tuple[str, ...] = ()
    pooled_sources: tuple[str, ...] = ()
    pooled_test: float = Field(default=0.35, ge=0, lt=1)
    pooled_val: float = Field(default=0.1, ge=0, lt=1)
    val: float = Field(default=0.12, gt=0, lt=1)
    rare_labels: tuple[str, ...] = ()
    rare_val: float = Field(default=0.2, ge=0, lt=1)

    @model_validator(mode="after")
    def _one_role_per_source(self) -> Self:
        roles = Counter(self.test_sources + self.train_sources + self.pooled_sources)
        twice = [source for source, count in roles.items() if count > 1]
        if twice:
            raise ValueError(f"a source has one role only: {', '.join(twice)}")
        return self


class SplitPhoto(_Frozen):
    """Where one photo belongs."""

    split: SplitName
    sha256: str


class MovedPhoto(_Frozen):
    """A photo that tests although its source trains, because it shares a place or a picture with a test source."""

    photo: str
    source: str
    shares_with: tuple[str, ...]


class SplitManifest(_Frozen):
    """A split as it lies in `datasets/`; `sha256` covers everything else in it."""

    schema_version: Literal[1] = 1
    config: SplitConfig
    near_duplicates: tuple[tuple[str, str], ...] = ()
    moved_to_test: tuple[MovedPhoto, ...]
    photos: dict[str, SplitPhoto]
    sha256: str = ""

    @property
    def name(self) -> str:
        """Of the split."""
        return self.config.name

    def content_sha256(self) -> str:
        """Hash of everything but the hash, independent of how the file is laid out."""
        content = self.model_dump(mode="json", exclude={"sha256"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def select(self, records: Iterable[PhotoRecord], split: SplitName) -> list[PhotoRecord]:
        """The records of one split.

        Raises:
            SplitError: a photo is not in the manifest, or is another file than when the split was made.
        """
        return [record for record in records if self._photo(record).split == split]

    def _photo(self, record: PhotoRecord) -> SplitPhoto:
        entry = self.photos.get(record.photo)
        if entry is None:
            raise SplitError(f"split {self.name} does not name {record.photo}: make a new split")
        if entry.sha256 != record.sha256:
            raise SplitError(f"split {self.name} was made with another {record.photo}: its sha256 differs")
        return entry


def make_split(
    records: Sequence[PhotoRecord], config: SplitConfig, near_duplicates: Sequence[tuple[str, str]] = ()
) -> SplitManifest:
    """Divide the photos by `config`.

    Args:
        records: all photos.
        config: who tests, and how much validates.
        near_duplicates: pairs of photo names that show the same picture; they are kept together like a group.

    Raises:
        SplitError: the configuration or a pair names what the records do not have.
    """
    _refuse_unknown(records, config, near_duplicates)
    components = _components(records, near_duplicates)
    splits: dict[str, SplitName] = {}
    for component, split in _assign(components, config):
        splits.update({record.photo: split for record in component})
    manifest = SplitManifest(
        config=config,
        near_duplicates=tuple((min(pair), max(pair)) for pair in near_duplicates),
        moved_to_test=tuple(moved for component in components for moved in _moved(component, config)),
        photos={record.photo: SplitPhoto(split=splits[record.photo], sha256=record.sha256) for record in records},
    )
    return manifest.model_copy(update={"sha256": manifest.content_sha256()})


def hold_out(records: Sequence[PhotoRecord], manifest: SplitManifest, source: str) -> SplitManifest:
    """The same split with one more source that only tests: all other photos stay on their side.

    Photos that share a place or a picture with the source test with it. What tested before still tests, so models of
    both splits can be compared on it.

    Args:
        records: all photos of the split.
        manifest: the split.
        source: to hold out.

    Raises:
        SplitError: the split was made for other photos, or the source is not there, or tests already.
    """
    config = manifest.config
    if source not in {record.source for record in records}:
        raise SplitError(f"no photo is of source {source}")
    if source in config.test_sources:
        raise SplitError(f"source {source} tests already in split {manifest.name}")
    roles = {
        "test_sources": (*config.test_sources, source),
        "train_sources": tuple(name for name in config.train_sources if name != source),
        "pooled_sources": tuple(name for name in config.pooled_sources if name != source),
    }
    held = config.model_copy(update={"name": f"{config.name}-without-{source}", **roles})
    splits = {record.photo: split for split in SPLITS for record in manifest.select(records, split)}
    components = _components(records, manifest.near_duplicates)
    for component in components:
        if any(record.source == source for record in component):
            splits.update({record.photo: "test" for record in component})
    changed = {
        "config": held,
        "moved_to_test": tuple(moved for component in components for moved in _moved(component, held)),
        "photos": {record.photo: SplitPhoto(split=splits[record.photo], sha256=record.sha256) for record in records},
    }
    made = manifest.model_copy(update=changed)
    return made.model_copy(update={"sha256": made.content_sha256()})


def write_split(manifest: SplitManifest, path: Path) -> None:
    """Write a manifest as JSON, a line per photo."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = manifest.model_dump(mode="json", exclude={"photos"})
    photos = ",\n".join(f"  {json.dumps(name)}: {entry.model_dump_json()}" for name, entry in manifest.photos.items())
    body = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    path.write_text(f'{body},\n "photos": {{\n{photos}\n }}\n}}\n', "utf-8")


def read_split(path: Path) -> SplitManifest:
    """Read a manifest and check its hash.

    Raises:
        SplitError: there is none, it breaks the format, or it was edited by hand.
    """
    try:
        manifest = SplitManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SplitError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SplitError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if manifest.sha256 != manifest.content_sha256():
        raise SplitError(f"{path}: its sha256 does not fit its content; was it edited by hand?")
    return manifest


def _refuse_unknown(records: Sequence[PhotoRecord], config: SplitConfig, pairs: Sequence[tuple[str, str]]) -> None:
    sources = {record.source for record in records}
    strangers = sorted({*config.test_sources, *config.train_sources, *config.pooled_sources} - sources)
    if strangers:
        raise SplitError(f"split {config.name} names sources without photos: {', '.join(strangers)}")
    missing = sorted({photo for pair in pairs for photo in pair} - {record.photo for record in records})
    if missing:
        raise SplitError(f"near duplicates name photos that are not there: {', '.join(missing)}")


def _components(records: Sequence[PhotoRecord], pairs: Sequence[tuple[str, str]]) -> list[Component]:
    """Photos that must stay together: the same group, or joined by a pair, directly or over others."""
    parent: dict[str, str] = {}

    def root(group: str) -> str:
        while parent.setdefault(group, group) != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    group_of = {record.photo: record.group for record in records}
    for first, second in pairs:
        parent[root(group_of[first])] = root(group_of[second])
    together: dict[str, Component] = {}
    for record in records:
        together.setdefault(root(record.group), []).append(record)
    return list(together.values())


def _assign(components: Sequence[Component], config: SplitConfig) -> Iterable[tuple[Component, SplitName]]:
    rng = random.Random(config.seed)  # noqa: S311 - a reproducible draw, no secret
    strata: dict[str, list[Component]] = {}
    for component in components:
        sources = {record.source for record in component}
        if not sources.isdisjoint(config.test_sources):
            yield component, "test"
        elif not sources.isdisjoint(config.train_sources):
            yield component, "train"
        else:
            strata.setdefault(min(sources), []).append(component)
    rank = _val_rank(strata, config, rng)
    for source in sorted(strata):
        shares = _shares(config, pooled=source in config.pooled_sources)
        yield from _divide(strata[source], shares, rank, rng)


def _shares(config: SplitConfig, *, pooled: bool) -> dict[SplitName, float]:
    return {"test": config.pooled_test, "val": config.pooled_val} if pooled else {"test": 0.0, "val": config.val}


def _val_rank(strata: dict[str, list[Component]], config: SplitConfig, rng: random.Random) -> dict[int, int]:
    """By id of a component: 0 validates for its rare label, 2 trains for its rare label; the others rank 1."""
    rank: dict[int, int] = {}
    dealt = [part for source in sorted(strata) if source not in config.pooled_sources for part in strata[source]]
    for label in config.rare_labels:
        bearers = [part for part in dealt if any(record.boxes_of(label) for record in part)]
        wanted = max(round(len(bearers) * config.rare_val), min(1, len(bearers) // 2))
        wanted -= sum(rank.get(id(part)) == 0 for part in bearers)
        rng.shuffle(bearers)
        undecided = [id(part) for part in bearers if id(part) not in rank]
        rank.update({part: 0 if index < wanted else 2 for index, part in enumerate(undecided)})
    return rank


def _divide(
    components: Sequence[Component], shares: dict[SplitName, float], rank: dict[int, int], rng: random.Random
) -> Iterable[tuple[Component, SplitName]]:
    """Deal the components of one source."""
    order = list(components)
    rng.shuffle(order)
    order.sort(key=lambda part: rank.get(id(part), 1))  # stable: within a rank it stays shuffled
    val = max(round(len(order) * shares["val"]), sum(rank.get(id(part)) == 0 for part in order))
    test = round(len(order) * shares["test"])
    for index, component in enumerate(order):
        yield component, "val" if index < val else "test" if index < val + test else "train"


def _moved(component: Component, config: SplitConfig) -> Iterable[MovedPhoto]:
    testers = tuple(sorted({record.source for record in component} & set(config.test_sources)))
    if not testers:
        return
    for record in component:
        if record.source not in config.test_sources:
            yield MovedPhoto(photo=record.photo, source=record.source, shares_with=testers)
