"""The state of a stage between two epochs: plain dicts and tensors, never pickled classes."""

import os
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from hazardlens.training.errors import RunError


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that a stage needs to go on as if it had not stopped.

    Attributes:
        epoch: the last finished one, from 0.
        best_fitness: of the epochs so far; None before the first validation.
        model: weights as the optimizer sees them.
        average: their moving average, which validation and the finished model use.
        average_updates: how often the average was updated.
        optimizer: its state.
        history: a row of figures per finished epoch.
    """

    epoch: int
    best_fitness: float | None
    model: dict[str, Any]
    average: dict[str, Any]
    average_updates: int
    optimizer: dict[str, Any]
    history: list[dict[str, Any]]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write `path` so that a kill at any moment leaves the old or the new checkpoint, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    content = {field: getattr(checkpoint, field) for field in Checkpoint.__slots__}
    with draft.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote.

    Raises:
        RunError: there is none, or it is damaged.
    """
    try:
        return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from error
    except (RuntimeError, TypeError, ValueError, LookupError, EOFError, UnpicklingError) as error:
        raise RunError(f"{path}: not a checkpoint of this program") from error
