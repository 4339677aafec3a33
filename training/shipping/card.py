"""The model card: what a bundle is for, what was measured, and what nobody should claim, written from the figures.

The text is `model_card.md` beside this file; its headings follow the algorithm registers of cities: purpose, human
oversight, how it works, figures, data, risks. Here the figures are put in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any, Final

from hazardlens.model.manifest import ManifestDraft
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.data.splits import SPLITS, SplitManifest
from hazardlens.training.data.splitting import sides
from hazardlens.training.measuring.calibrate import (
    CAUTIOUS_PROBABILITIES,
    MADE_CAP,
    MADE_SHARE,
    MADE_WEIGHT,
    MIN_MADE,
    MIN_POSITIVES,
)
from hazardlens.training.measuring.candidates import Calibration
from hazardlens.training.measuring.evaluation import Evaluation
from hazardlens.training.measuring.metrics import SubjectFigures
from hazardlens.training.measuring.tables import (
    NOTHING,
    TextTable,
    box_ap,
    box_table,
    calibration_table,
    photo_ap,
    photo_table,
    prefill_table,
    source_table,
)
from hazardlens.training.shipping import card_tables
from hazardlens.training.shipping.parity import Parity
from hazardlens.training.shipping.variants import VariantFigures

HEADLINE: Final = "stacked_clutter"
ENOUGH_PHOTOS: Final = 20
"""A label that fewer test photos show is measured, but its figure is little more than an anecdote."""

_TEXT: Final = Path(__file__).parent / "model_card.md"
_HASH_CHARS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class CardFacts:
    """All that a card is written from.

    Attributes:
        draft: the manifest.
        figures: measured on test photos.
        calibration: thresholds and curves, with how they were chosen.
        parity: of network and float32 graph.
        records: all real photos.
        split: that divides them.
        remarks: what only the maker knows, such as a look at test photos.
        variants: what was chosen from; empty where there was one graph only.
        run: the content of the run's run.json.
    """

    draft: ManifestDraft
    figures: Evaluation
    calibration: Calibration
    parity: Parity
    records: Sequence[PhotoRecord]
    split: SplitManifest
    remarks: Sequence[str] = ()
    variants: Sequence[VariantFigures] = ()
    run: Mapping[str, Any] = field(default_factory=dict)


def model_card(facts: CardFacts) -> str:
    """The card as Markdown."""
    values = {
        **_identity(facts),
        **_headline(facts),
        **_measured(facts),
        **_supported(facts),
        **_limits(facts),
        **_training(facts),
    }
    return Template(_TEXT.read_text("utf-8")).substitute(values)


def _identity(facts: CardFacts) -> dict[str, str]:
    draft = facts.draft
    return {
        "name": draft.name,
        "version": draft.version,
        "licence": draft.licence,
        "base": draft.training.base,
        "created": f"{draft.created:%Y-%m-%d}",
        "versions": ", ".join(f"{name} {version}" for name, version in draft.training.versions.items()),
        "label_count": str(len(draft.labels)),
        "size_px": str(draft.input.size_px),
        "labels": _label_table(facts).markdown(),
        "split": facts.split.name,
        "split_sha256": f"{facts.split.sha256[:_HASH_CHARS]}…",
    }


def _headline(facts: CardFacts) -> dict[str, str]:
    row = facts.figures.subject("label", HEADLINE)
    counts = f"{row.boxes.boxes} boxes, shown by {row.boxes.positive_photos} of {row.boxes.photos} photos"
    return {"headline_ap50": box_ap(row), "headline_ap": photo_ap(row), "headline_counts": counts}


def _label_table(facts: CardFacts) -> TextTable:
    header = ("label", "hazard", "threshold", "how it was chosen", "training boxes", "test photos that show it")
    rows = [
        (
            label.name,
            label.hazard.value if label.hazard else "none, context",
            f"{label.threshold:.2f}",
            facts.calibration.thresholds[label.name].rule,
            str(label.train_boxes),
            str(label.test_photos),
        )
        for label in facts.draft.labels
    ]
    return TextTable("Labels", header, tuple(rows))


def _measured(facts: CardFacts) -> dict[str, str]:
    figures, parity = facts.figures, facts.parity
    tables = [box_table(figures), photo_table(figures), source_table(figures, HEADLINE), calibration_table(figures)]
    tables.append(prefill_table(figures))
    return {
        "test_photos": str(figures.photos),
        "test_groups": str(figures.groups),
        "held_out": _listed([source.source for source in figures.sources if source.held_out]),
        "figures": "\n\n".join(f"### {table.title}\n\n{table.markdown()}" for table in tables),
        "parity_photos": str(parity.photos),
        "parity_boxes": str(parity.boxes),
        "parity_px": f"{parity.box_px:.3f}",
        "parity_score": f"{parity.score:.5f}",
        "variants": card_tables.variants(facts.draft, facts.variants),
    }


def _supported(facts: CardFacts) -> dict[str, str]:
    """What thresholds and probabilities rest on."""
    calibration, alarms = facts.calibration, facts.calibration.alarms
    return {
        "precision": f"{calibration.goal.precision:.0%}",
        "max_alarms": f"{calibration.goal.max_alarms:g}",
        "alarms": f"{alarms.alarms} of {alarms.photos}",
        "basis": card_tables.basis(calibration.curves).markdown(),
        "abstaining": _listed([curve.hazard.value for curve in calibration.curves if curve.abstains]),
        "min_positives": str(MIN_POSITIVES),
        "cautious": f"{CAUTIOUS_PROBABILITIES[-1]:.2f}",
        "min_made": str(MIN_MADE),
        "made_weight": f"{MADE_WEIGHT:g}",
        "made_share": f"{MADE_SHARE:.0%}",
        "made_cap": f"{MADE_CAP:g}",
    }


def _limits(facts: CardFacts) -> dict[str, str]:
    labels = [row for row in facts.figures.subjects if row.kind == "label"]
    known = [row for row in labels if row.in_model]
    return {
        "not_in_model": _listed([row.name for row in labels if not row.in_model]),
        "untested": _listed([row.name for row in known if not row.boxes.boxes]),
        "enough": str(ENOUGH_PHOTOS),
        "thin": _listed([f"{row.name} ({row.boxes.positive_photos})" for row in known if _is_thin(row)]),
        "remarks": "".join(f"- {remark}\n" for remark in facts.remarks),
    }


def _is_thin(row: SubjectFigures) -> bool:
    return 0 < row.boxes.positive_photos < ENOUGH_PHOTOS


def _training(facts: CardFacts) -> dict[str, str]:
    side = sides(facts.split, facts.records)
    training = [record for record in facts.records if side[record.photo] == "train"]
    origins = Counter(record.provenance for record in training)
    return {
        "train_photos": str(len(training)),
        "train_own": str(origins["own"]),
        "train_open": str(origins["open"]),
        "train_unclear": str(origins["unclear"]),
        "made": card_tables.made(facts.run),
        "data": _source_list(facts.records, side).markdown(),
    }


def _source_list(records: Sequence[PhotoRecord], side: Mapping[str, str]) -> TextTable:
    rows = []
    for source, _ in Counter(record.source for record in records).most_common():
        own = [record for record in records if record.source == source]
        counts = Counter(side[record.photo] for record in own)
        provenances = ", ".join(sorted({record.provenance for record in own}))
        licences = ", ".join(sorted({record.licence for record in own}))
        rows.append((source, *(str(counts[name] or NOTHING) for name in SPLITS), provenances, licences))
    return TextTable("Data", ("source", *SPLITS, "provenance", "licences"), tuple(rows))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
