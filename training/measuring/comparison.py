"""Several evaluations on one page: an ablation, a choice of networks, or one source after the other held out.

Each evaluation's own figures stand beside each other with their intervals. Where two of them looked at the same photos,
their difference has an interval of its own, for which places are drawn in pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hazardlens.model.taxonomy import HAZARDS
from hazardlens.training.errors import EvaluationError
from hazardlens.training.measuring.answers import Answers, read_answers
from hazardlens.training.measuring.changes import Change, HazardChange, alarm_change, compare_subject
from hazardlens.training.measuring.curves import RESAMPLES
from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, SubjectFigures, measure


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One evaluation, as it lies in its folder.

    Attributes:
        name: by which the page calls it.
        figures: that it found.
        answers: photo by photo.
    """

    name: str
    figures: Evaluation
    answers: Answers

    @classmethod
    def read(cls, name: str, folder: Path) -> Self:
        """Read a folder that `hazardlens evaluate` wrote.

        Raises:
            EvaluationError: it is none, or is too old.
        """
        return cls(name, Evaluation.read(folder), read_answers(folder))

    def held_out(self) -> frozenset[str]:
        """Sources of which no photo trained or validated."""
        return frozenset(source.source for source in self.figures.sources if source.held_out)


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What one evaluation gains or loses against another, on the photos that both looked at.

    Attributes:
        name: of the evaluation.
        photos: how many they have in common.
        hazards: the five.
        alarms: false alarms per 100 harmless photos, all hazards together.
    """

    name: str
    photos: int
    hazards: tuple[HazardChange, ...]
    alarms: Change


@dataclass(frozen=True, slots=True, eq=False)
class OwnSources:
    """What a model is worth on sources that it alone never saw: the figures of leave-one-source-out.

    Attributes:
        name: of the evaluation.
        sources: that were held out here, and not in every evaluation.
        labels: of which these sources have boxes. Boxes are measured on the sources' photos; photos are told from the
            harmless ones of all sources that were looked at.
    """

    name: str
    sources: tuple[str, ...]
    labels: tuple[SubjectFigures, ...]


def read_all(named: Sequence[str]) -> list[Measured]:
    """Read evaluations given as NAME=DIR.

    Raises:
        EvaluationError: one is not like that, a name is given twice, or a folder cannot be read.
    """
    pairs = [text.partition("=") for text in named]
    if wrong := [text for text, (name, _, folder) in zip(named, pairs, strict=True) if not name or not folder]:
        raise EvaluationError(f"expected NAME=DIR, found {wrong[0]}")
    names = [name for name, _, _ in pairs]
    if len(set(names)) < len(names):
        raise EvaluationError(f"each evaluation needs a name of its own, found {', '.join(names)}")
    return [Measured.read(name, Path(folder)) for name, _, folder in pairs]


def differences(measured: Sequence[Measured], *, resamples: int = RESAMPLES) -> list[Difference]:
    """Each evaluation against the first, where they have photos in common."""
    first = measured[0]
    found = (_difference(first, other, resamples) for other in measured[1:])
    return [difference for difference in found if difference.photos]


def own_sources(measured: Sequence[Measured], *, resamples: int = RESAMPLES) -> list[OwnSources]:
    """For each evaluation that holds out what others do not: its figures there.

    A model that was trained on another split than it was measured by has none: it may have seen the source.
    """
    everywhere = frozenset.intersection(*(one.held_out() for one in measured))
    found = []
    for one in measured:
        if one.figures.trained_on_split is False:
            continue
        sources = tuple(sorted(one.held_out() - everywhere))
        labels = tuple(
            _on_sources(one, row, sources, resamples) for row in one.answers.subjects() if row.kind == "label"
        )
        shown = tuple(row for row in labels if row.in_model and row.boxes.boxes)
        if shown:
            found.append(OwnSources(one.name, sources, shown))
    return found


def _difference(first: Measured, other: Measured, resamples: int) -> Difference:
    ours, theirs = _common(first.answers.photos, other.answers.photos)
    one, two = _hazards(first), _hazards(other)
    rows = tuple(
        compare_subject((one[hazard.value], ours), (two[hazard.value], theirs), resamples=resamples)
        for hazard in HAZARDS
    )
    alarms = alarm_change((list(one.values()), ours), (list(two.values()), theirs), resamples=resamples)
    return Difference(other.name, len(ours), rows, alarms)


def _common(ours: Sequence[JudgedPhoto], theirs: Sequence[JudgedPhoto]) -> tuple[list[JudgedPhoto], list[JudgedPhoto]]:
    """The photos of both, in one order; a photo whose truth changed between the evaluations is another one."""
    by_name = {photo.photo: photo for photo in theirs}
    pairs = [(photo, by_name[photo.photo]) for photo in ours if photo.photo in by_name]
    same = [(one, other) for one, other in pairs if _truth(one) == _truth(other)]
    return [one for one, _ in same], [other for _, other in same]


def _truth(photo: JudgedPhoto) -> tuple[object, ...]:
    return (photo.group, photo.looked_for, photo.truth_labels, photo.truth_xyxy.tolist())


def _hazards(measured: Measured) -> dict[str, Subject]:
    return {row.name: row for row in measured.answers.subjects() if row.kind == "hazard"}


def _on_sources(one: Measured, subject: Subject, sources: Sequence[str], resamples: int) -> SubjectFigures:
    own = [photo for photo in one.answers.photos if photo.source in sources]
    harmless = [
        photo
        for photo in one.answers.photos
        if photo.source not in sources and photo.standing(subject.truth_labels) is False
    ]
    boxes = measure(own, subject, resamples=resamples).boxes
    photos = measure([*own, *harmless], subject, resamples=resamples).photos
    known = bool(subject.model_thresholds)
    return SubjectFigures(name=subject.name, kind=subject.kind, in_model=known, boxes=boxes, photos=photos)


def renamed(row: SubjectFigures, name: str) -> SubjectFigures:
    """The same figures under the name of an evaluation."""
    return row.model_copy(update={"name": name})
