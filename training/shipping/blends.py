"""How far a run's weights go from those it started from, by accuracy on validation photos."""

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
"""Tried, in this order; 1 is what the training ended with."""


@dataclass(frozen=True, slots=True)
class Blend:
    """How far it goes.

    Attributes:
        start: model and version that the run started from.
        share: 0 would be that model, 1 what the training ended with.
        ap50: by share, on validation photos.
    """

    start: str
    share: float
    ap50: dict[float, float]

    @property
    def remark(self) -> str:
        """A sentence for the card."""
        tried = ", ".join(f"{share:g}: {value:.3f}" for share, value in self.ap50.items())
        return (
            f"The weights lie {self.share:g} of the way from `{self.start}` to where the training ended. Mean AP50 on "
            f"validation photos by this share: {tried}."
        )

    @property
    def config(self) -> dict[str, Any]:
        """For the manifest."""
        return {"blend": {"start": self.start, "share": self.share}}


def best_blend(
    start: BundleStart,
    source: FinishedRun,
    draft: ManifestDraft,
    material: Material,
    *,
    effort: Effort,
    say: Callable[[str], None],
) -> tuple[Network, Blend]:
    """The network of the share with the highest accuracy.

    Args:
        start: what the run started from.
        source: the run.
        draft: of the bundle, for how answers are read.
        material: validation photos, and made scenes of the validation side.
        effort: how much is looked at.
        say: told of each share.

    Raises:
        ExportError: the run started from something else, or nothing can judge.
    """
    base = source.description["weights"]
    if base["sha256"] != start.bundle.sha256:
        raise ExportError(f"the run started from {base['name']}, not from the {start.name} that is given")
    made = spread(material.made, effort.made_photos)
    ap50 = {}
    for share in SHARES:
        detector = TorchDetector.serving(blended(start.network, source.network, share), draft.output)
        found = accuracy(judge(detector, material.validation), judge(detector, made), detector.labels)
        ap50[share] = mean_ap50(found)
        say(f"{share:g} of the way from {start.name}: AP50 {ap50[share]:.3f}")
    best = max(ap50, key=ap50.__getitem__)
    return blended(start.network, source.network, best), Blend(start.name, best, ap50)
