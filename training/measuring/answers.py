"""A model's answers photo by photo, in a file beside the figures, so that models can be compared on the same photos.

`answers.jsonl` has a line for the model and one per photo: what is known about the photo and what was found on it.
There are no pictures in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from hazardlens.model.detections import Detections
from hazardlens.model.taxonomy import Category
from hazardlens.training.errors import EvaluationError
from hazardlens.training.measuring.candidates import Candidate
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, subjects

ANSWERS_FILE: Final = "answers.jsonl"
_SCORE_DIGITS: Final = 9  # a float32 survives
_BOX_DIGITS: Final = 3


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Model(_Line):
    schema_version: Literal[1] = 1
    labels: tuple[str, ...]
    thresholds: dict[str, float]
    hazards: dict[str, Category | None]


class _Photo(_Line):
    photo: str
    source: str
    group: str
    looked_for: tuple[str, ...]
    size_wh: tuple[int, int]
    truth_labels: tuple[str, ...]
    truth_xyxy: tuple[tuple[float, float, float, float], ...]
    label_ids: tuple[int, ...]
    scores: tuple[float, ...]
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One model's answers.

    Attributes:
        thresholds: raw score per label of the model from which a detection counts.
        hazards: what its labels stand for.
        photos: with what was found on them.
    """

    thresholds: dict[str, float]
    hazards: dict[str, Category | None]
    photos: tuple[JudgedPhoto, ...]

    def subjects(self) -> list[Subject]:
        """The hazards and labels that the model can be measured on."""
        return subjects(self.thresholds, self.hazards)


def write_answers(candidate: Candidate, judged: Sequence[JudgedPhoto], folder: Path) -> Path:
    """Write the file into `folder`, which is there."""
    labels = judged[0].detections.labels if judged else ()
    head = _Model(labels=labels, thresholds=dict(candidate.thresholds), hazards=dict(candidate.hazards))
    lines = [head, *(_line(photo) for photo in judged)]
    path = folder / ANSWERS_FILE
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in lines), "utf-8")
    return path


def read_answers(folder: Path) -> Answers:
    """Read the file of an evaluation.

    Raises:
        EvaluationError: there is none, or it breaks the format.
    """
    path = folder / ANSWERS_FILE
    try:
        head, *lines = path.read_text("utf-8").splitlines()
        model = _Model.model_validate_json(head)
        photos = tuple(_judged(_Photo.model_validate_json(line), model.labels) for line in lines)
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror}: make the evaluation again") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise EvaluationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise EvaluationError(f"{path}: {error}") from error
    return Answers(model.thresholds, model.hazards, photos)


def _line(photo: JudgedPhoto) -> _Photo:
    found = photo.detections
    return _Photo(
        photo=photo.photo,
        source=photo.source,
        group=photo.group,
        looked_for=tuple(sorted(photo.looked_for)),
        size_wh=photo.size_wh,
        truth_labels=photo.truth_labels,
        truth_xyxy=np.round(photo.truth_xyxy.astype(float), _BOX_DIGITS).tolist(),
        label_ids=found.label_ids.tolist(),
        scores=np.round(found.confidences.astype(float), _SCORE_DIGITS).tolist(),
        boxes_xyxy=np.round(found.boxes_xyxy.astype(float), _BOX_DIGITS).tolist(),
    )


def _judged(line: _Photo, labels: tuple[str, ...]) -> JudgedPhoto:
    return JudgedPhoto(
        photo=line.photo,
        source=line.source,
        group=line.group,
        looked_for=frozenset(line.looked_for),
        truth_labels=line.truth_labels,
        truth_xyxy=np.asarray(line.truth_xyxy, np.float32).reshape(-1, 4),
        detections=Detections(
            np.asarray(line.boxes_xyxy, np.float32).reshape(-1, 4),
            np.asarray(line.scores, np.float32),
            np.asarray(line.label_ids, np.int64),
            labels,
        ),
        size_wh=line.size_wh,
    )
