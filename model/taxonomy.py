"""The words that all parts share: hazards, categories, urgencies, and the labels a detector may draw.

A *label* is what the detector draws, a *hazard* is what a report is about, a *category* is a hazard or a kind that only
words can name. Which labels a model knows is written in its bundle; the table here is the default for training runs.
"""

from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """What a report is about, as stored and sent. The first five are the hazards that a detector can see."""

    BLOCKED_FIRE_EXIT = "blocked_fire_exit"
    DANGLING_CABLE = "dangling_cable"
    RAISED_MANHOLE_COVER = "raised_manhole_cover"
    STACKED_CLUTTER = "stacked_clutter"
    UNHYGIENIC_KITCHEN = "unhygienic_kitchen"
    ELEVATOR_FAULT = "elevator_fault"
    BURST_PIPE = "burst_pipe"
    DISORDERLY_BICYCLES = "disorderly_bicycles"
    DAMAGED_WALL = "damaged_wall"
    EXPOSED_RUBBISH = "exposed_rubbish"
    OTHER = "other"
    NOT_A_HAZARD = "not_a_hazard"


HAZARDS: Final[tuple[Category, ...]] = (
    Category.BLOCKED_FIRE_EXIT,
    Category.DANGLING_CABLE,
    Category.RAISED_MANHOLE_COVER,
    Category.STACKED_CLUTTER,
    Category.UNHYGIENIC_KITCHEN,
)


class Urgency(StrEnum):
    """How fast somebody has to act; `rank` orders them, most urgent highest."""

    NONE = "none"
    ROUTINE = "routine"
    URGENT = "urgent"
    IMMEDIATE = "immediate"

    @property
    def rank(self) -> int:
        """0 for none up to 3 for immediate."""
        return list(Urgency).index(self)


LABEL_HAZARDS: Final[dict[str, Category | None]] = {
    "blocked_exit": Category.BLOCKED_FIRE_EXIT,
    "dangling_cable": Category.DANGLING_CABLE,
    "manhole_raised": Category.RAISED_MANHOLE_COVER,
    "manhole_open": Category.RAISED_MANHOLE_COVER,
    "manhole_ok": None,
    "stacked_clutter": Category.STACKED_CLUTTER,
    "kitchen_dirty": Category.UNHYGIENIC_KITCHEN,
    "kitchen_pest": Category.UNHYGIENIC_KITCHEN,
    "food_exposed": Category.UNHYGIENIC_KITCHEN,
    "staff_hygiene": Category.UNHYGIENIC_KITCHEN,
    "exit_door": None,
    "exit_sign": None,
    "bicycle_parked": None,
    "cable_ok": None,
}
"""Default labels and the hazard each one stands for; None marks context that only feeds the triage rules."""
