"""Where between two sets of weights the exported ones lie, by accuracy on validation photos.

The other end is the bundle that the run went on from, or a run beside it: another one from the same weights, which saw
other photos or the same ones in other shares (Wortsman et al., Model soups, ICML 2022).
"""

from collections.abc import Callable
from dataclasses import dataclass
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
from hazardlens.training.shipping.variants import Effort, Material, spread

SHARES: Final = (0.3, 0.5, 0.7, 0.85, 1.0)
"""Tried between a start and its run, in this order; 1 is what the training ended with."""
SHARES_BESIDE: Final = (0.0, 0.3, 0.5, 0.7, 1.0)
"""Tried between two runs beside each other; 0 and 1 are the two themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class OtherEnd:
    """What lies at share 0.

    Attributes:
        role: `start`, or `beside` for another run.
        name: of the model and its version, or of the run.
        network: its weights.
        shares: to try.
    """

    role: str
    name: str
    network: Network
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Blend:
    """How far it goes.

    Attributes:
        role: what the other end is.
        other: its name.
        share: 0 would be the other end, 1 what the training ended with.
        ap50: by share, on validation photos.
    """

    role: str
    other: str
    share: float
    ap50: dict[float, float]

    @property
    def remark(self) -> str:
        """A sentence for the card."""
        tried = ", ".join(f"{share:g}: {value:.3f}" for share, value in self.ap50.items())
        other = f"`{self.other}`" if self.role == "start" else f"those of `{self.other}`, a run from the same weights,"
        return (
            f"The weights lie {self.share:g} of the way from {other} to where the training ended. Mean AP50 on "
            f"validation photos by this share: {tried}."
        )

    @property
    def config(self) -> dict[str, Any]:
        """For the manifest."""
        return {"blend": {self.role: self.other, "share": self.share}}


def from_start(start: BundleStart, source: FinishedRun) -> OtherEnd:
    """The bundle that a run started from.

    Raises:
        ExportError: the run started from something else.
    """
    base = source.description["weights"]
    if base["sha256"] != start.bundle.sha256:
        raise ExportError(f"the run started from {base['name']}, not from the {start.name} that is given")
    return OtherEnd("start", start.name, start.network, SHARES)


def from_beside(beside: FinishedRun, source: FinishedRun) -> OtherEnd:
    """Another run from the same weights.

    Raises:
        ExportError: it started from other weights, or knows other labels.
    """
    name = str(beside.description["config"]["name"])
    bases = [run.description["weights"] for run in (source, beside)]
    if bases[0]["sha256"] != bases[1]["sha256"]:
        raise ExportError(f"the run started from {bases[0]['name']}, {name} from {bases[1]['name']}: they do not blend")
    if beside.network.labels != source.network.labels:
        raise ExportError(f"the labels of the run and of {name} differ: they do not blend")
    return OtherEnd("beside", name, beside.network, SHARES_BESIDE)


def best_blend(
    other: OtherEnd,
    source: FinishedRun,
    draft: ManifestDraft,
    material: Material,
    *,
    effort: Effort,
    say: Callable[[str], None],
) -> tuple[Network, Blend]:
    """The network of the share with the highest accuracy.

    Args:
        other: the other end.
        source: the run.
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
        detector = TorchDetector.serving(blended(other.network, source.network, share), draft.output)
        found = accuracy(judge(detector, material.validation), judge(detector, made), detector.labels)
        ap50[share] = mean_ap50(found)
        say(f"{share:g} of the way from {other.name}: AP50 {ap50[share]:.3f}")
    best = max(ap50, key=ap50.__getitem__)
    return blended(other.network, source.network, best), Blend(other.role, other.name, best, ap50)
