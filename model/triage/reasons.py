"""Writes reasons in both languages from the policy's templates."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Final

from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.schema import Names, PolicyData
from hazardlens.model.triage.values import Reason

REASON_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "label_seen": frozenset({"label", "score"}),
    "text_named": frozenset({"category", "word"}),
    "agreement": frozenset({"category"}),
    "disagreement": frozenset({"photo", "text"}),
    "text_only": frozenset({"category"}),
    "text_uncertain": frozenset({"word"}),
    "text_denied": frozenset({"category"}),
    "text_resolved": frozenset({"category"}),
    "text_settled": frozenset(),
    "text_unknown": frozenset(),
    "text_truncated": frozenset({"limit"}),
    "photo_thin": frozenset({"category", "confidence"}),
    "uncalibrated": frozenset({"category"}),
    "unsupported": frozenset({"category"}),
    "below_precision": frozenset({"category", "score", "threshold"}),
    "below_threshold": frozenset({"category", "confidence", "threshold"}),
    "close_call": frozenset({"category", "other"}),
    "urgency_from_other": frozenset({"category", "other", "urgency"}),
    "urgency_with_other": frozenset({"category", "other", "urgency"}),
    "weak_hazard": frozenset({"category", "confidence"}),
    "alarm_only": frozenset(),
    "nothing_found": frozenset({"media"}),
    "no_evidence": frozenset(),
}
"""The reasons that the decision itself can give, and the placeholders that each template may use."""

DOUBTS: Final = frozenset(REASON_FIELDS) - {"label_seen", "text_named", "agreement", "urgency_with_other"}
"""Those of them for which the machine asks for a person; a decision without any of them stands by itself."""

EXIT_FIELDS: Final = frozenset({"obstacle", "exit"})
PLACE_FIELDS: Final = frozenset({"obstacle", "word"})
AMOUNT_FIELDS: Final = frozenset({"count", "share"})
MODIFIER_FIELDS: Final = frozenset({"word"})

Field = str | int | float | Names


def placeholders(template: str) -> Iterator[str]:
    """The placeholders of a template.

    Raises:
        ValueError: a brace is not closed.
    """
    for _, name, _, _ in Formatter().parse(template):
        if name is not None:
            yield name


class ReasonWriter:
    """Fills the policy's templates."""

    def __init__(self, data: PolicyData) -> None:
        """Write with the names and templates of `data`."""
        self._data = data

    def say(self, code: str, *, called: str | None = None, **fields: Field) -> Reason:
        """The reason that the decision itself gives under `code`, or under the name `called`."""
        return self.fill(called or code, self._data.reasons[code], **fields)

    def fill(self, code: str, template: Names, **fields: Field) -> Reason:
        """A reason from a rule's own template."""
        zh = {name: _shown(field, "zh") for name, field in fields.items()}
        en = {name: _shown(field, "en") for name, field in fields.items()}
        return Reason(code=code, zh=template.zh.format_map(zh), en=template.en.format_map(en))

    def category(self, category: Category) -> Names:
        """A category's names."""
        return self._data.categories[category]

    def label(self, label: str) -> Names:
        """A label's names; a label that the policy does not know goes by its own."""
        return self._data.labels.get(label) or Names.model_construct(zh=label, en=label)


def media_named(photos: int, *, clip: bool) -> Names:
    """What a report shows: how many photos, the clip, or both."""
    zh = [f"{photos} 张照片"] if photos else []
    en = ["1 photo" if photos == 1 else f"{photos} photos"] if photos else []
    if clip:
        zh.append("视频")
        en.append("the clip")
    return Names(zh="和".join(zh), en=" and ".join(en))


def _shown(field: Field, language: str) -> str:
    if isinstance(field, Names):
        return field.zh if language == "zh" else field.en
    return f"{field:.2f}" if isinstance(field, float) else str(field)
