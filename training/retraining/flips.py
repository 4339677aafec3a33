"""Photos on which the candidate answers otherwise than the model in service: what it gained, and what it lost."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hazardlens.training.measuring.candidates import Candidate
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, searched, subjects
from hazardlens.training.measuring.tables import TextTable

Kind = Literal["found", "missed", "silenced", "alarmed"]
"""Newly right: a hazard found, an alarm silenced. Newly wrong: a hazard missed, a false alarm."""

WORSE: frozenset[Kind] = frozenset({"missed", "alarmed"})


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """A model and what it said to the photos of one test set."""

    model: Candidate
    judged: Sequence[JudgedPhoto]

    def hazards(self) -> dict[str, Subject]:
        """By name."""
        return {row.name: row for row in subjects(self.model.thresholds, self.model.hazards) if row.kind == "hazard"}


@dataclass(frozen=True, slots=True, eq=False)
class Flip:
    """One photo and hazard whose answer turned.

    Attributes:
        hazard: which.
        kind: how it turned.
        before: the photo with the old answer.
        after: the photo with the new one.
        margin_before: highest score less its threshold; from 0 on the hazard is reported.
        margin_after: the same for the candidate.
    """

    hazard: str
    kind: Kind
    before: JudgedPhoto
    after: JudgedPhoto
    margin_before: float
    margin_after: float

    @property
    def distance(self) -> float:
        """How far the answer moved."""
        return abs(self.margin_after - self.margin_before)


def find_flips(before: Answers, after: Answers) -> list[Flip]:
    """All answers that turned, the farthest first."""
    theirs = after.hazards()
    found = [
        flip
        for name, subject in before.hazards().items()
        if subject.model_thresholds and theirs[name].model_thresholds
        for flip in _flips(name, (subject, before.judged), (theirs[name], after.judged))
    ]
    return sorted(found, key=lambda flip: -flip.distance)


def _flips(
    name: str, before: tuple[Subject, Sequence[JudgedPhoto]], after: tuple[Subject, Sequence[JudgedPhoto]]
) -> Iterator[Flip]:
    ours, theirs = before[0], after[0]
    for one, other in zip(before[1], after[1], strict=True):
        positive = one.standing(ours.truth_labels | theirs.truth_labels)
        if positive is not True and not one.is_complete_for(searched(ours) | searched(theirs)):
            continue
        margins = _margin(one, ours), _margin(other, theirs)
        if (margins[0] >= 0) != (margins[1] >= 0):
            yield Flip(name, _kind(positive=bool(positive), fires=margins[1] >= 0), one, other, *margins)


def _margin(photo: JudgedPhoto, subject: Subject) -> float:
    return max(photo.score([label]) - least for label, least in subject.model_thresholds.items())


def _kind(*, positive: bool, fires: bool) -> Kind:
    if positive:
        return "found" if fires else "missed"
    return "alarmed" if fires else "silenced"


def flip_table(flips: Sequence[Flip], by: Literal["hazard", "source"]) -> TextTable:
    """How many answers turned, by hazard or by source of the photo."""
    names: Mapping[str, Callable[[Flip], str]] = {
        "hazard": lambda flip: flip.hazard,
        "source": lambda flip: flip.before.source,
    }
    counts: dict[str, Counter[str]] = {}
    for flip in flips:
        counts.setdefault(names[by](flip), Counter())[flip.kind] += 1
    kinds: tuple[Kind, ...] = ("found", "silenced", "missed", "alarmed")
    rows = [(name, *(str(found[kind]) for kind in kinds)) for name, found in sorted(counts.items())]
    header = (by, "新发现 · newly found", "误报消失 · alarms gone", "新漏报 · newly missed", "新误报 · new alarms")
    return TextTable(f"Answers that turned, by {by}", header, tuple(rows))
