"""Parts of the model card beside the evaluation: variants, what calibration rests on, scenes that were made."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hazardlens.model.manifest import CalibrationCurve, ManifestDraft
from hazardlens.training.measuring.tables import NOTHING, TextTable, number
from hazardlens.training.shipping.variants import MOST_LOSS, VariantFigures

_NO_CHOICE: Final = "This graph ({size} px, {weights}) is the only one that was made of this network."
_BASES: Final = {
    "real": "real photos",
    "made": "**made scenes**, discounted",
    "none": "nothing: too few photos",
    None: "not stated by the model that it was taken from",
}


def variants(draft: ManifestDraft, rows: Sequence[VariantFigures]) -> str:
    """What the graph that ships was chosen from, and by which rule."""
    if not rows:
        return _NO_CHOICE.format(size=draft.input.size_px, weights=draft.weights)
    chosen = next(row for row in rows if row.chosen)
    table = TextTable("", _VARIANT_HEADER, tuple(_variant(row, chosen) for row in rows), _note(rows[0]))
    return table.markdown()


_VARIANT_HEADER: Final = ("input", "computes in", "AP50 on validation", "ms a photo", "time", "MB", "ships")


def _variant(row: VariantFigures, chosen: VariantFigures) -> tuple[str, ...]:
    return (
        f"{row.size_px} px",
        row.weights,
        f"{row.ap50:.3f}",
        f"{row.latency_ms:.1f}",
        f"{row.latency_ms / chosen.latency_ms:.2f}",
        f"{row.megabytes:.1f}",
        "yes" if row.chosen else NOTHING,
    )


def _note(row: VariantFigures) -> str:
    weighted = ", ".join(f"{label} (weight {row.weights_of[label]:.2g})" for label in row.labels)
    judged = f"AP50: mean over {weighted}, on validation photos; labels with few boxes weigh less"
    if row.made:
        judged += f"; {', '.join(row.made)} on made scenes, because real photos show too few"
    return (
        f"{judged}. ms a photo: median on one thread of the machine that exported, all graphs in turn; time: the same "
        "as a share of the graph that ships. That is the one with the most AP50 per millisecond of those within "
        f"{100 * MOST_LOSS:g} point of the best. Differences of a point are within what so few photos can tell."
    )


def basis(curves: Sequence[CalibrationCurve]) -> TextTable:
    """What each hazard's curve was fitted on, and from where triage may name it alone."""
    header = ("hazard", "rests on", "real photos", "that show it", "made ones that show it", "without", "alone from")
    return TextTable("Basis", header, tuple(_basis(curve) for curve in curves))


def _basis(curve: CalibrationCurve) -> tuple[str, ...]:
    alone = "never: always asks a person" if curve.abstains else f"raw score {number(curve.stands_from or 0.0)}"
    counts = (curve.photos, curve.positives, curve.made_positives, curve.made_negatives)
    return (curve.hazard.value, _BASES[curve.basis], *(str(count or NOTHING) for count in counts), alone)


def made(run: Mapping[str, Any]) -> str:
    """Rendered and composed scenes that the run trained on."""
    shares: Mapping[str, float] = run.get("shares", {})
    rendered: Sequence[Mapping[str, Any]] = run.get("rendered", ())
    composed: Mapping[str, Mapping[str, Any]] = run.get("composed", {})
    if not rendered and not composed:
        return "No rendered and no composed scene took part in the training."
    intro = (
        f"Each batch was {shares.get('real', 0):.0%} real photos, {shares.get('rendered', 0):.0%} rendered scenes and "
        f"{shares.get('composed', 0):.0%} scenes composed of real training photos and parts. Neither kind tests."
    )
    lines = [_rendered(item) for item in rendered]
    lines += [
        f"- **composed: {name}**, on {item.get('backgrounds', 0)} real training photos that suit it"
        for name, item in composed.items()
    ]
    return "\n".join([intro, "", *lines])


def _rendered(item: Mapping[str, Any]) -> str:
    photos: Mapping[str, int] = item.get("photos", {})
    boxes: Mapping[str, int] = item.get("boxes", {})
    shown = ", ".join(f"{label} {count}" for label, count in boxes.items()) or "no boxes"
    generator = f", generator {item['generator']}" if item.get("generator") else ""
    counts = f"{photos.get('train', 0)} train, {photos.get('val', 0)} validate"
    return f"- **rendered: {item['name']}** ({counts}; {shown}){generator}"
