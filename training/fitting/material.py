"""All that a run learns from, joined: the pool of real photos, rendered sets and compositions, and their shares."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hazardlens.training.composing.registry import compositions
from hazardlens.training.composing.scene import Composition
from hazardlens.training.config import MixConfig, TrainConfig
from hazardlens.training.data.records import PhotoRecord, read_labels, read_records
from hazardlens.training.data.rendered import RenderedSet, hazard_of, read_sets, validates
from hazardlens.training.data.selection import Made, Selection, real_photos, select
from hazardlens.training.data.splits import SplitManifest, read_split
from hazardlens.training.fitting.composer import Composer, Trial
from hazardlens.training.fitting.mixing import Mixture, Shares, photo_weights, rendered_weights


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a run's photos come from.

    Attributes:
        pool: root of the real photos.
        rendered: rendered sets, or folders of them.
        parts: what compositions put into photos; None leaves those out that need any.
        exclude_provenance: real photos of these provenances take no part.
        compositions: the ways to compose; None takes all that there are.
    """

    pool: Path
    rendered: tuple[Path, ...] = ()
    parts: Path | None = None
    exclude_provenance: tuple[str, ...] = ()
    compositions: tuple[Composition, ...] | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What a run learns from.

    Attributes:
        manifest: the split of the real photos.
        selection: photos and labels.
        mixture: how they are drawn.
        description: what a resumed run must agree with, besides what is in `selection`.
        remarks: what people should know, a line each.
    """

    manifest: SplitManifest
    selection: Selection
    mixture: Mixture
    description: dict[str, Any]
    remarks: tuple[str, ...]

    @property
    def training_records(self) -> list[PhotoRecord]:
        """Real photos, then rendered ones: the order of the mixture's indices."""
        return [*self.selection.train, *self.selection.made.train]


def gather(config: TrainConfig, sources: Sources, keep: Collection[str] = ()) -> Material:
    """Read, check and join everything.

    Args:
        config: of the run.
        sources: where the photos are.
        keep: labels that are trained however few boxes they have.

    Raises:
        TrainingError: something about the inputs is wrong; the message says what.
    """
    manifest = read_split(config.split)
    records, names = read_records(sources.pool), read_labels(sources.pool)
    train, _ = real_photos(records, manifest, config.labels, sources.exclude_provenance)
    sets = read_sets(sources.rendered, names) if config.mix.rendered else ()
    composer = _composer(config, sources, train)
    trials = composer.trial(config.seed) if composer else {}
    selection = select(
        records, names, manifest, config.labels, sources.exclude_provenance, keep, _made(config.mix, sets, trials)
    )
    shares = _shares(config.mix, selection.made, composer)
    remarks = [*_given(config.mix, sources, shares), *_unused(config.mix, sets, composer), *_told(sets, trials)]
    mixture = Mixture(
        real=_real_weights(config, selection.train, shares),
        rendered=tuple(rendered_weights(selection.made.train, config.mix.rendered_weights)),
        composer=composer,
        shares=shares,
    )
    return Material(manifest, selection, mixture, _description(config.mix, sets, trials, shares), tuple(remarks))


def _composer(config: TrainConfig, sources: Sources, train: Sequence[PhotoRecord]) -> Composer | None:
    if not config.mix.composed:
        return None
    known = compositions(sources.parts) if sources.compositions is None else sources.compositions
    return Composer(train, known, config.mix.composed_weights)


def _made(mix: MixConfig, sets: Sequence[RenderedSet], trials: dict[str, Trial]) -> Made:
    records = [record for each in sets for record in each.records]
    composed: Counter[str] = Counter()
    for trial in trials.values():
        composed.update(trial.boxes)
    return Made(
        train=tuple(record for record in records if not validates(record, mix.rendered_val)),
        val=tuple(record for record in records if validates(record, mix.rendered_val)),
        composed_boxes=composed,
    )


def _shares(mix: MixConfig, made: Made, composer: Composer | None) -> Shares:
    """The configured shares of what is there, brought to a whole."""
    rendered = mix.rendered if made.train else 0.0
    composed = mix.composed if composer and composer.compositions else 0.0
    whole = mix.real + rendered + composed
    return Shares(mix.real / whole, rendered / whole, composed / whole)


def _real_weights(config: TrainConfig, records: Sequence[PhotoRecord], shares: Shares) -> tuple[float, ...]:
    weights = photo_weights(records, config.labels.weights, config.labels.source_weights)
    wanted = config.mix.epoch_photos
    factor = 1.0 if wanted is None else wanted * shares.real / sum(weights)
    return tuple(weight * factor for weight in weights)


def _given(mix: MixConfig, sources: Sources, shares: Shares) -> list[str]:
    lines = []
    if mix.rendered and not shares.rendered:
        lines.append(f"no rendered photos: their share of {mix.rendered:g} goes to the others")
    if mix.composed and not shares.composed:
        lines.append(f"no compositions: their share of {mix.composed:g} goes to the others")
    if sources.rendered and not mix.rendered:
        lines.append("the rendered sets are not used: mix.rendered is 0")
    if sources.parts and not mix.composed:
        lines.append("the parts are not used: mix.composed is 0")
    lines.append(f"each batch: {shares.real:.1%} real, {shares.rendered:.1%} rendered, {shares.composed:.1%} composed")
    return lines


def _unused(mix: MixConfig, sets: Sequence[RenderedSet], composer: Composer | None) -> list[str]:
    lines = [
        f"composition {name} suits no training photo" for name in (composer.without_background if composer else ())
    ]
    unused = sorted(set(mix.composed_weights) - composer.names) if composer else []
    if unused:
        lines.append(f"mix.composed_weights: there is no composition {', '.join(unused)}")
    known = {hazard_of(record) for each in sets for record in each.records}
    known |= {label for each in sets for record in each.records for label in record.labels}
    unused = sorted(set(mix.rendered_weights) - known)
    if sets and unused:
        lines.append(f"mix.rendered_weights: no rendered photo is or shows {', '.join(unused)}")
    return lines


def _told(sets: Sequence[RenderedSet], trials: dict[str, Trial]) -> list[str]:
    lines = [
        f"rendered set {each.name}: {count} boxes of {label} are dropped, the pool has no such label"
        for each in sets
        for label, count in each.dropped.items()
    ]
    for name, trial in trials.items():
        boxes = ", ".join(f"{count} {label}" for label, count in sorted(trial.boxes.items())) or "no new boxes"
        lines.append(
            f"composition {name}: {trial.backgrounds} photos suit it, "
            f"{trial.made} scenes in {trial.tried} tries, {boxes}"
        )
    return lines


def _description(
    mix: MixConfig, sets: Sequence[RenderedSet], trials: dict[str, Trial], shares: Shares
) -> dict[str, Any]:
    return {
        "shares": {"real": shares.real, "rendered": shares.rendered, "composed": shares.composed},
        "rendered": [each.description(mix.rendered_val) for each in sets],
        "composed": {name: trial.description() for name, trial in trials.items()},
    }
