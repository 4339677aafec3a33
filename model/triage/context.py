"""Rules about where things stand: what blocks an exit, and how much is much.

All lengths are pixels of the upright original.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hazardlens.model.triage.photo import Seen, SeenPhoto
from hazardlens.model.triage.schema import AmountRule, DoorGeometry, ExitRule, SignGeometry


class Blocked(NamedTuple):
    """An exit with something before it."""

    obstacle: Seen
    exit: Seen


def find_blocked(rule: ExitRule, photo: SeenPhoto) -> Blocked | None:
    """The surest exit of this photo that the rule's obstacles block, if there is one."""
    obstacles = photo.of(rule.obstacles)
    if not obstacles:
        return None
    found = [
        Blocked(max(near, key=lambda seen: seen.score), exit_)
        for exit_ in photo.of(rule.exits)
        if (near := _in_the_way(rule, exit_, obstacles))
    ]
    return max(found, key=lambda pair: min(pair.obstacle.score, pair.exit.score), default=None)


def amount(rule: AmountRule, photo: SeenPhoto) -> tuple[int, float] | None:
    """Boxes and share of the photo that they cover together, if the rule calls it much."""
    boxes = photo.of(rule.labels)
    share = min(1.0, sum(_area(seen.box_xyxy) for seen in boxes) / photo.area_px)
    return (len(boxes), share) if len(boxes) >= rule.min_boxes or share >= rule.min_area_share else None


def _in_the_way(rule: ExitRule, exit_: Seen, obstacles: Sequence[Seen]) -> list[Seen]:
    if rule.door is not None:
        door = rule.door
        near = [seen for seen in obstacles if _before_door(door, seen, exit_)]
        span, least = (exit_.box_xyxy[0], exit_.box_xyxy[2]), door.min_width_covered
    elif rule.sign is not None:
        sign = rule.sign
        near = [seen for seen in obstacles if _under_sign(sign, seen, exit_)]
        span, least = _opening(sign, exit_), sign.min_width_covered
    else:
        return []
    return near if near and _covered(span, near) >= least else []


def _before_door(door: DoorGeometry, obstacle: Seen, exit_: Seen) -> bool:
    x_min, y_min, x_max, y_max = exit_.box_xyxy
    below = (obstacle.box_xyxy[3] - y_max) / max(1.0, y_max - y_min)
    near = -door.max_foot_above <= below <= door.max_foot_below
    return near and obstacle.box_xyxy[0] < x_max and obstacle.box_xyxy[2] > x_min


def _under_sign(sign: SignGeometry, obstacle: Seen, exit_: Seen) -> bool:
    width = exit_.box_xyxy[2] - exit_.box_xyxy[0]
    drop = obstacle.box_xyxy[3] - exit_.box_xyxy[3]
    left, right = _opening(sign, exit_)
    below = sign.min_drop * width <= drop <= sign.max_drop * width
    return below and obstacle.box_xyxy[0] < right and obstacle.box_xyxy[2] > left


def _opening(sign: SignGeometry, exit_: Seen) -> tuple[float, float]:
    left, _, right, _ = exit_.box_xyxy
    half = sign.opening_width * (right - left) / 2
    return (left + right) / 2 - half, (left + right) / 2 + half


def _covered(span: tuple[float, float], obstacles: Iterable[Seen]) -> float:
    """Share of a horizontal span that the obstacles cover together, overlaps counted once."""
    left, right = span
    if right <= left:
        return 0.0
    covered, reached = 0.0, left
    for start, end in sorted((seen.box_xyxy[0], seen.box_xyxy[2]) for seen in obstacles):
        begin, stop = max(start, reached), min(end, right)
        if stop > begin:
            covered += stop - begin
            reached = stop
    return covered / (right - left)


def _area(box_xyxy: tuple[float, float, float, float]) -> float:
    return (box_xyxy[2] - box_xyxy[0]) * (box_xyxy[3] - box_xyxy[1])
