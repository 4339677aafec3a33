"""Tells in the decision's reasons when the clip shows what was decided."""

from collections.abc import Mapping, Sequence
from typing import Final

from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.reasons import ReasonWriter
from hazardlens.model.triage.schema import PolicyData
from hazardlens.model.triage.values import Decision, Reason
from hazardlens.model.video.tracking import Track

CODE: Final = "seen_in_clip"


def with_span(
    decision: Decision, tracks: Sequence[Track], hazards: Mapping[str, Category | None], policy: PolicyData
) -> Decision:
    """The decision with one reason more, where a track stands for its category.

    Args:
        decision: on the clip.
        tracks: those that count, best first; the first of the category is told.
        hazards: label to hazard.
        policy: for the names of labels.
    """
    track = next((track for track in tracks if hazards[track.label] is decision.category), None)
    if track is None:
        return decision
    label = ReasonWriter(policy).label(track.label)
    begin, end = clock(track.from_s), clock(track.until_s)
    reason = Reason(
        code=CODE,
        zh=f"视频 {begin} 至 {end} 可见：{label.zh}",
        en=f"Seen in the clip from {begin} to {end}: {label.en}",
    )
    return decision.model_copy(update={"reasons": [*decision.reasons, reason]})


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths: 1:17.3."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"
