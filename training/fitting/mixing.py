"""Which photos an epoch shows, and in which order: real, rendered and composed ones in fixed shares of every batch.

A photo has an index: real ones come first, rendered ones after them. Any larger index is a composed scene, and says
which: with the seed and the epoch it decides all that is drawn in the scene.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from torch.utils.data import Sampler

from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.data.rendered import hazard_of
from hazardlens.training.fitting.composer import Composer


@dataclass(frozen=True, slots=True)
class Shares:
    """What each batch is made of; adds up to 1."""

    real: float = 1.0
    rendered: float = 0.0
    composed: float = 0.0


@dataclass(frozen=True, slots=True)
class Mixture:
    """What there is to draw from.

    Attributes:
        real: by real photo, how often it is drawn per epoch.
        rendered: by rendered photo, how often it is drawn, relative to the others.
        composer: makes composed scenes; None without a share.
        shares: of each batch.
    """

    real: tuple[float, ...]
    rendered: tuple[float, ...] = ()
    composer: Composer | None = None
    shares: Shares = Shares()

    @property
    def photos(self) -> int:
        """How many photos have an index of their own."""
        return len(self.real) + len(self.rendered)

    @property
    def scenes(self) -> int:
        """How many composed scenes an epoch has, numbered from 0; its mosaics show the same ones."""
        return max(1, round(sum(self.real) / self.shares.real * self.shares.composed))


class Partners:
    """Draws the other photos of a mosaic from the same mixture, with Python's own generator, as mosaics do."""

    def __init__(self, mixture: Mixture) -> None:
        self._shares = [mixture.shares.real, mixture.shares.rendered, mixture.shares.composed]
        self._real = list(accumulate(mixture.real))
        self._rendered = list(accumulate(mixture.rendered))
        self._photos = mixture.photos
        self._scenes = mixture.scenes

    def draw(self, count: int) -> list[int]:
        """Indices."""
        if self._shares[0] == 1:
            return random.choices(range(len(self._real)), cum_weights=self._real, k=count)  # noqa: S311 - augmentation
        return [self._one() for _ in range(count)]

    def _one(self) -> int:
        (part,) = random.choices(range(3), self._shares)  # noqa: S311 - augmentation
        if part == 2:
            return self._photos + random.randrange(self._scenes)  # noqa: S311 - augmentation
        weights = self._rendered if part else self._real
        (index,) = random.choices(range(len(weights)), cum_weights=weights)  # noqa: S311 - augmentation
        return index + part * len(self._real)


class MixedOrder(Sampler[int]):
    """The indices of an epoch; each epoch draws the same way in every run.

    Real photos come as often as their weights say; only the fraction of a weight is left to chance, so that no epoch
    misses a photo. With other parts beside them, each batch gets whole numbers of slots for each part: the next slot
    goes to the part that lags furthest behind its share, so that the rounding is spread over the batches.
    """

    def __init__(self, mixture: Mixture, *, batch: int, seed: int) -> None:
        self.mixture = mixture
        self.seed = seed
        self.epoch = 0
        self._weights = np.asarray(mixture.real, np.float64)
        self._draws = round(float(self._weights.sum()))
        share = mixture.shares.real
        self.batch = min(batch, max(1, round(self._draws / share)))
        self._mixed = share < 1
        self._batches = max(1, int(self._draws / share / self.batch))

    def __len__(self) -> int:
        """Draws per epoch."""
        return self._batches * self.batch if self._mixed else self._draws

    def __iter__(self) -> Iterator[int]:
        """Indices of this epoch."""
        rng = np.random.default_rng((self.seed, self.epoch))
        real = self._real(rng)
        return iter(real if not self._mixed else self._mix(real, rng))

    def _real(self, rng: np.random.Generator) -> list[int]:
        certain = np.floor(self._weights).astype(int)
        order = np.repeat(np.arange(len(certain)), certain)
        missing = self._draws - len(order)
        if missing > 0:
            rest = self._weights - certain
            order = np.concatenate([order, rng.choice(len(rest), missing, p=rest / rest.sum())])
        return [int(index) for index in rng.permutation(order)]

    def _mix(self, real: list[int], rng: np.random.Generator) -> list[int]:
        parts = slots(self.mixture.shares, len(self))
        counts = Counter(parts)
        first = len(self.mixture.real)
        rendered = [first + index for index in spread(self.mixture.rendered, counts[1], rng)]
        composed = [self.mixture.photos + number for number in range(counts[2])]
        queues = [real, rendered, composed]
        taken = [0, 0, 0]
        order = []
        for part in parts:
            queue = queues[part]
            order.append(queue[taken[part] % len(queue)])
            taken[part] += 1
        return order


def slots(shares: Shares, count: int) -> list[int]:
    """Which part fills each of `count` slots: 0 real, 1 rendered, 2 composed."""
    wanted = (shares.real, shares.rendered, shares.composed)
    given = [0, 0, 0]
    parts = []
    for place in range(1, count + 1):
        lag = [share * place - done for share, done in zip(wanted, given, strict=True)]
        part = lag.index(max(lag))
        given[part] += 1
        parts.append(part)
    return parts


def spread(weights: Sequence[float], count: int, rng: np.random.Generator) -> list[int]:
    """`count` indices in random order, each as often as its weight says, but for rounding up or down."""
    if not count:
        return []
    order = rng.permutation(len(weights))
    steps = np.cumsum(np.asarray(weights, np.float64)[order])
    marks = (np.arange(count) + rng.random()) / count * steps[-1]
    found = np.minimum(np.searchsorted(steps, marks, side="right"), len(order) - 1)
    return [int(index) for index in rng.permutation(order[found])]


def photo_weights(
    records: Sequence[PhotoRecord], rare: Mapping[str, float], sources: Mapping[str, float] | None = None
) -> list[float]:
    """How often to draw each photo: the highest weight among its labels and its source, 1 without one."""
    by_source = sources or {}
    return [
        max([1.0, by_source.get(record.source, 1.0), *(rare.get(label, 1.0) for label in record.labels)])
        for record in records
    ]


def rendered_weights(records: Sequence[PhotoRecord], weights: Mapping[str, float]) -> list[float]:
    """How often to draw each rendered photo, relative to the others.

    Each set has the same share, times its own weight, whatever its size; within it a photo has the highest weight among
    its labels, 1 without one.
    """
    own = [max((weights.get(label, 1.0) for label in record.labels), default=1.0) for record in records]
    totals: defaultdict[str, float] = defaultdict(float)
    for record, weight in zip(records, own, strict=True):
        totals[hazard_of(record)] += weight
    shares = [weights.get(hazard_of(record), 1.0) / totals[hazard_of(record)] for record in records]
    return [weight * share for weight, share in zip(own, shares, strict=True)]
