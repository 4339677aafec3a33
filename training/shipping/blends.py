"""Where between two sets of weights the exported ones lie, by accuracy on validation photos.

The other end is a run beside this one: another one from the same weights, which saw the same photos in other shares or
another order (Wortsman et al., Model soups, ICML 2022); or the bundle that the run went on from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hazardlens.model.bundle import ManifestDraft
from hazardlens.training.errors import ExportError
from hazardlens.training.fitting.unfold import BundleStart
from hazardlens.training.measuring.predict import judge
from hazardlens.training.networks.blending import blended
from hazardlens.training.networks.network import Network
from hazardlens.training.networks.torch_detector import TorchDetector
from hazardlens.training.shipping.accuracy import accuracy, mean_ap50
from hazardlens.training.shipping.drafting import FinishedRun
from hazardlens.training.shipping.variants import MOST_LOSS, Effort, Material, spread

SHARES: Final = (0.3, 0.5, 0.7, 0.85, 1.0)
"""Tried between a start and its run, in this order; 1 is what the training ended with."""
SHARES_BESIDE: Final = (0.0, 0.3, 0.5, 0.7, 1.0)
"""Tried between two runs beside each other; 0 and 1 are the two themselves."""

_SAME: Final = ("exclude_provenance", "train", "rendered")
"""What two runs must have seen alike: the card tells it of one of them."""


@dataclass(frozen=True, slots=True, eq=False)
class OtherEnd:
    """What lies at share 0.

    Attributes:
        role: `start`, or `beside` for another run.
        name: of the model and its version, or of the run.
        network: its weights.
        shares: to try.
        slack: how far below the best one's AP50 a share may be and still be chosen, to stay near this end.
        run: what another run says of itself; empty for a bundle.
    """

    role: str
    name: str
    network: Network
    shares: tuple[float, ...]
    slack: float = 0.0
    run: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """How far it goes.

    Attributes:
        other: the other end.
        share: 0 would be the other end, 1 what the training ended with.
        ap50: by share, on validation photos.
    """

    other: OtherEnd
    share: float
    ap50: dict[float, float]

    @property
    def remark(self) -> str:
        """Sentences for the card."""
        tried = ", ".join(f"{share:g}: {value:.3f}" for share, value in self.ap50.items())
        rule = " The lowest within a point of the best is taken." if self.other.slack else ""
        return (
            f"The weights lie {self.share:g} of the way from {self._from} to where the training ended. Mean AP50 on "
            f"validation photos by this share: {tried}.{rule}"
        )

    @property
    def config(self) -> dict[str, Any]:
        """For the manifest."""
        told: dict[str, Any] = {self.other.role: self.other.name, "share": self.share}
        if self.other.run:
            told["config"] = self.other.run["config"]
        return told

    @property
    def _from(self) -> str:
        name = f"`{self.other.name}`"
        if self.other.role == "start":
            return name
        shares = ", ".join(f"{share:.0%} {kind}" for kind, share in self.other.run.get("shares", {}).items())
        batches = f" (its batches: {shares})" if shares else ""
        return f"those of {name}, a run from the same weights on the same photos{batches},"


def from_start(start: BundleStart, source: FinishedRun) -> OtherEnd:
    """The bundle that a run started from.

    A point of AP50 is within what so few validation photos can tell, and what the bundle finds in photos of other
    places is known: so the run goes no farther from it than it must.

    Raises:
        ExportError: the run started from something else.
    """
    base = source.description["weights"]
    if base["sha256"] != start.bundle.sha256:
        raise ExportError(f"the run started from {base['name']}, not from the {start.name} that is given")
    return OtherEnd("start", start.name, start.network, SHARES, MOST_LOSS)


def from_beside(beside: FinishedRun, source: FinishedRun) -> OtherEnd:
    """Another run from the same weights.

    Raises:
        ExportError: it started from other weights, knows other labels, or saw other photos, some of which the run's
            validation may hold.
    """
    name = str(beside.description["config"]["name"])
    bases = [run.description["weights"] for run in (source, beside)]
    if bases[0]["sha256"] != bases[1]["sha256"]:
        raise ExportError(f"the run started from {bases[0]['name']}, {name} from {bases[1]['name']}: they do not blend")
    if beside.network.labels != source.network.labels:
        raise ExportError(f"the labels of the run and of {name} differ: they do not blend")
    alike = all(source.description.get(key) == beside.description.get(key) for key in _SAME)
    if not alike or source.rendered_val != beside.rendered_val:
        raise ExportError(f"the run and {name} learnt from other photos: they do not blend")
    return OtherEnd("beside", name, beside.network, SHARES_BESIDE, run=beside.description)


def best_blend(
    other: OtherEnd,
    tuned: Network,
    draft: ManifestDraft,
    material: Material,
    *,
    effort: Effort,
    say: Callable[[str], None],
) -> tuple[Network, Blend]:
    """The network of the best share: the lowest within the other end's slack; without one, of equal ones the highest.

    Args:
        other: the other end.
        tuned: what the training ended with.
        draft: of the bundle, for how answers are read.
        material: validation photos, and made scenes of the validation side.
        effort: how much is looked at.
        say: told of each share.

    Raises:
        ExportError: nothing can judge.
        WeightsError: the two are of different architectures.
    """
    made = spread(material.made, effort.made_photos)
    ap50 = {}
    for share in other.shares:
        detector = TorchDetector.serving(blended(other.network, tuned, share), draft.output)
        found = accuracy(judge(detector, material.validation), judge(detector, made), detector.labels)
        ap50[share] = mean_ap50(found)
        say(f"{share:g} of the way from {other.name}: AP50 {ap50[share]:.3f}")
    least = max(ap50.values()) - other.slack
    good = [share for share, value in ap50.items() if value >= least]
    chosen = min(good) if other.slack else max(good)
    return blended(other.network, tuned, chosen), Blend(other, chosen, ap50)
