"""Every code that the API can answer with, gathered from the classes that carry them, for documents and tests."""

import importlib
from collections.abc import Iterator
from typing import Final

from hazardlens.model.errors import (
    BundleError,
    HazardlensError,
    ImageError,
    InferenceError,
    MediaError,
    PolicyError,
    VideoError,
)
from hazardlens.serve.errors import (
    ModelRefusedError,
    ModelUnusableError,
    ProblemError,
    RequestError,
    UnavailableError,
)
from hazardlens.serve.problems import INTERNAL_ERROR, Answer, answer_for, http_answer

# A class is found below its parent once its module is loaded.
for _package in ("access", "dispatch", "registry", "reports", "store"):
    importlib.import_module(f"hazardlens.serve.{_package}.errors")


def _leaves(kind: type[HazardlensError]) -> Iterator[type[HazardlensError]]:
    for child in kind.__subclasses__():
        yield from _leaves(child) if child.__subclasses__() else (child,)


def _make(kind: type[ProblemError]) -> Answer:
    return Answer(kind.status, kind.code, kind.title, kind.__doc__ or "")


def _gather() -> Iterator[Answer]:
    for leaf in (*_leaves(RequestError), *_leaves(UnavailableError)):
        if issubclass(leaf, ProblemError) and leaf not in {ModelRefusedError, ModelUnusableError}:
            yield _make(leaf)
    for leaf in _leaves(ImageError):
        if issubclass(leaf, ImageError):
            yield answer_for(MediaError(0, "a.jpg", leaf(leaf.__doc__ or "")))
    for leaf in _leaves(VideoError):
        if issubclass(leaf, VideoError):
            yield answer_for(MediaError(0, "clip.mp4", leaf(leaf.__doc__ or "")))
    for unusable in (*_leaves(BundleError), PolicyError):
        yield answer_for(ModelUnusableError(unusable(unusable.__doc__ or "")))
    yield answer_for(InferenceError())
    yield INTERNAL_ERROR
    yield from (http_answer(404), http_answer(405))


CATALOGUE: Final[dict[str, Answer]] = {answer.code: answer for answer in _gather()}
"""Code to the answer that carries it. docs/api.md holds the same table, and a test compares them."""
