"""The schema of `policy.toml`: what the data file may say, and what each part of it means.

Every table is strict: an unknown key, a wrong type or a number out of range is refused by name; see `load_policy`.
Checks that need more than one table are in `checks.py`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.words import Reading, Table, Text, Wording

Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0, le=100)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Names(Table):
    """A name or a sentence in both languages."""

    zh: Text
    en: Text


class Rule(Table):
    """Base of all rules that fire: `id` is the code of the reason that one leaves."""

    id: Key


class WordRule(Rule, Wording):
    """A rule that words make fire."""


class CodeRule(Table):
    """A code of somebody else's catalogue; with `words` it replaces the plain one when the text holds one of them."""

    catalogue: Key
    code: Text
    name: Text
    kind: Literal["component", "matter"]
    provisional: bool
    words: Wording | None = None


class CategoryRule(Names):
    """A category: names, how urgent it is unless something raises it, who acts, codes."""

    urgency: Urgency
    route: Key
    threshold: Share = 0.5
    codes: tuple[CodeRule, ...] = ()
    supersedes: tuple[Category, ...] = ()
    supported_by: tuple[Key, ...] = ()


class LabelReason(Names):
    """A detector's label: names for the reason, the reason's code, and the urgency that it asks for at least."""

    code: Key
    urgency: Urgency = Urgency.NONE


class TextRule(WordRule):
    """Words that name a category; `urgency`, where given, is the least that these words ask for."""

    category: Category
    confidence: Share
    urgency: Urgency = Urgency.NONE


class Modifier(WordRule):
    """Words that raise the urgency: to a level, or by steps.

    An alarm counts even when no category was found: the report is then "something else", for `route`.
    """

    raise_to: Urgency | None = None
    raise_by: Annotated[int, Field(ge=1, le=2)] | None = None
    categories: tuple[Category, ...] = ()
    alarm: bool = False
    route: Key | None = None
    reason: Names

    @model_validator(mode="after")
    def _one_raise(self) -> Self:
        if (self.raise_to is None) == (self.raise_by is None):
            raise ValueError("give either raise_to or raise_by")
        if self.alarm and (self.categories or self.raise_to is None):
            raise ValueError("an alarm holds for every category: give raise_to and no categories")
        if self.route is not None and not self.alarm:
            raise ValueError("only an alarm has a route of its own")
        return self


class DoorGeometry(Table):
    """When an obstacle stands before a door. Lengths are shares of the door's box.

    Attributes:
        min_width_covered: share of the door's width that all obstacles together cover.
        max_foot_above: an obstacle whose foot ends higher than this above the door's foot stands behind it.
        max_foot_below: an obstacle whose foot ends lower than this below the door's foot stands too far in front.
    """

    min_width_covered: Share
    max_foot_above: Ratio
    max_foot_below: Ratio


class SignGeometry(Table):
    """When an obstacle stands under an exit sign. Lengths are multiples of the sign's width.

    Attributes:
        opening_width: width of the opening that a sign stands for, centred on the sign.
        min_width_covered: share of that opening that all obstacles together cover.
        min_drop: least distance from the sign's lower edge down to the obstacle's foot.
        max_drop: greatest such distance.
    """

    opening_width: Ratio
    min_width_covered: Share
    min_drop: Ratio
    max_drop: Ratio


class ExitRule(Rule):
    """Obstacles before a door or under a sign make a category: give `door` or `sign`."""

    category: Category
    obstacles: tuple[Key, ...] = Field(min_length=1)
    exits: tuple[Key, ...] = Field(min_length=1)
    door: DoorGeometry | None = None
    sign: SignGeometry | None = None
    confidence: Share
    reason: Names

    @model_validator(mode="after")
    def _one_geometry(self) -> Self:
        if (self.door is None) == (self.sign is None):
            raise ValueError("give either door or sign")
        return self


class PlaceRule(WordRule):
    """Obstacles in the photo and a place in the text make a category."""

    category: Category
    obstacles: tuple[Key, ...] = Field(min_length=1)
    confidence: Share
    reason: Names


class AmountRule(Rule):
    """Much of something in one photo raises a category: so many boxes, or boxes over such a share of the photo."""

    category: Category
    labels: tuple[Key, ...] = Field(min_length=1)
    min_boxes: Annotated[int, Field(ge=1)]
    min_area_share: Annotated[float, Field(gt=0, le=1)]
    raise_to: Urgency
    reason: Names


class Numbers(Table):
    """Thresholds of the decision itself. docs/triage.md explains each one."""

    uncalibrated_cap: Share
    play_floor: Share
    doubt_floor: Share
    graver_floor: Share
    immediate_floor: Share
    mention_floor: Share
    closeness_margin: Share
    max_alternatives: Annotated[int, Field(ge=1, le=10)]
    text_lead: Share
    uncertain_factor: Share
    agreement_weight: Share
    agreement_cap: Share
    nothing_confidence: Share
    unknown_text_confidence: Share
    label_threshold: Share


class PolicyData(Table):
    """The whole file."""

    version: Annotated[str, Field(pattern=r"^\d{4}\.\d+$")]
    numbers: Numbers
    severity: tuple[Category, ...]
    urgencies: dict[Urgency, Names]
    routes: dict[Key, Names]
    categories: dict[Category, CategoryRule]
    labels: dict[Key, LabelReason]
    text_rules: tuple[TextRule, ...]
    modifiers: tuple[Modifier, ...]
    exit_rules: tuple[ExitRule, ...]
    place_rules: tuple[PlaceRule, ...]
    amount_rules: tuple[AmountRule, ...]
    reasons: dict[Key, Names]
    reading: Reading
