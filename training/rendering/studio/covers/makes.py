"""What covers there are: outline, size, stuff, pattern, frame, and the shaft below."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hazardlens.training.rendering.studio.covers.outlines import Loop, round_loop, square_loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """A kind of cover, as a works would sell it.

    Attributes:
        is_round: otherwise four-sided.
        half_m: half its width and half its depth.
        stuff: iron, concrete, composite, steel, painted.
        pattern: of its relief: a key of `reliefs.RELIEFS`, `grating`, or `tray` for one that is paved itself.
        leaves: 2 for a pair of four-sided covers side by side.
        thick_m: of the cover.
        gap_m: between cover and frame.
        frame_m: width of the frame's rim; 0 where the cover lies in concrete.
        frame_round: whether the rim's outside is round.
        collar: what surrounds the frame: none, concrete, asphalt, setts.
        collar_m: width of that.
        depth_m: of the shaft below.
        walls: of the shaft: brick, concrete, plastic.
    """

    is_round: bool
    half_m: tuple[float, float]
    stuff: str
    pattern: str
    leaves: int = 1
    thick_m: float = 0.04
    gap_m: float = 0.005
    frame_m: float = 0.05
    frame_round: bool = True
    collar: str = "none"
    collar_m: float = 0.15
    depth_m: float = 2.0
    walls: str = "brick"

    def outline(self, grow_m: float = 0.0) -> Loop:
        """The cover's outline, widened."""
        x, y = self.half_m[0] + grow_m, self.half_m[1] + grow_m
        return round_loop(x) if self.is_round else square_loop(x, y)

    def outer(self, grow_m: float = 0.0) -> Loop:
        """The outline of the frame, widened."""
        reach = self.gap_m + self.frame_m + grow_m
        if self.is_round and not self.frame_round:
            return square_loop(self.half_m[0] + reach, self.half_m[1] + reach)
        return self.outline(reach)

    @property
    def apron_m(self) -> float:
        """How far from the frame the ground may break, sink or heave; gullies lie close to kerbs."""
        return 0.12 if self.pattern == "grating" else 0.34

    @property
    def reach_m(self) -> float:
        """Half the frame's largest width, roughly."""
        return max(self.half_m) + self.gap_m + self.frame_m


_KINDS: Final = {
    "round_iron": 0.36,
    "round_concrete": 0.09,
    "round_composite": 0.07,
    "square_iron": 0.1,
    "square_concrete": 0.07,
    "small": 0.07,
    "double": 0.06,
    "grating": 0.13,
    "steel_plate": 0.05,
    "tray": 0.04,
    "painted": 0.03,
}
_PATTERNS: Final = (
    "rings",
    "spokes",
    "squares",
    "grid",
    "diamonds",
    "dots",
    "blocks",
    "honeycomb",
    "waves",
    "plain",
    "bars",
    "web",
)


def draw_make(rng: np.random.Generator) -> Make:
    """A cover of any kind, the usual ones more often."""
    shares = np.array(list(_KINDS.values()))
    kind = str(rng.choice(list(_KINDS), p=shares / shares.sum()))
    return _MAKERS[kind](rng, kind)


def _round_iron(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.choice([rng.uniform(0.27, 0.4), 0.35, 0.3]))
    return Make(
        is_round=True,
        half_m=(half, half),
        stuff="iron",
        pattern=str(rng.choice(_PATTERNS)),
        thick_m=float(rng.uniform(0.03, 0.06)),
        frame_m=float(rng.choice([0.015, 0.03, 0.05, 0.08])),
        frame_round=bool(rng.random() < 0.9),
        **_below(rng),
    )


def _concrete(rng: np.random.Generator, kind: str) -> Make:
    is_round = kind == "round_concrete"
    half = float(rng.uniform(0.25, 0.4))
    other = half if is_round or rng.random() < 0.5 else half * float(rng.uniform(0.5, 0.8))
    framed = rng.random() < 0.5
    return Make(
        is_round=is_round,
        half_m=(half, other),
        stuff="concrete",
        pattern=str(rng.choice(["plain", "plain", "dots", "grid", "rings"])),
        thick_m=float(rng.uniform(0.05, 0.09)),
        gap_m=float(rng.uniform(0.005, 0.018)),
        frame_m=0.012 if framed else 0.03,
        leaves=2 if not is_round and rng.random() < 0.3 else 1,
        **_below(rng),
    )


def _composite(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.25, 0.36))
    return Make(
        is_round=bool(rng.random() < 0.65),
        half_m=(half, half),
        stuff="composite",
        pattern=str(rng.choice(["squares", "grid", "dots", "diamonds", "bars"])),
        thick_m=float(rng.uniform(0.03, 0.05)),
        frame_m=float(rng.uniform(0.02, 0.05)),
        **_below(rng),
    )


def _square_iron(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.2, 0.45))
    other = half * float(rng.choice([1.0, 1.0, 0.7, 0.5]))
    return Make(
        is_round=False,
        half_m=(half, other),
        stuff=str(rng.choice(["iron", "iron", "composite"])),
        pattern=str(rng.choice(_PATTERNS)),
        frame_m=float(rng.choice([0.012, 0.03, 0.05])),
        **_below(rng),
    )


def _small(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.09, 0.17))
    return Make(
        is_round=bool(rng.random() < 0.5),
        half_m=(half, half * float(rng.choice([1.0, 1.0, 0.7]))),
        stuff=str(rng.choice(["iron", "iron", "composite"])),
        pattern=str(rng.choice(["plain", "dots", "grid", "rings", "diamonds"])),
        thick_m=0.02,
        gap_m=0.004,
        frame_m=float(rng.uniform(0.01, 0.03)),
        **{
            **_below(rng),
            "depth_m": float(rng.uniform(0.3, 0.7)),
            "walls": str(rng.choice(["plastic", "concrete", "brick"])),
        },
    )


def _double(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.4, 0.6))
    return Make(
        is_round=False,
        half_m=(half, half * float(rng.uniform(0.45, 0.8))),
        stuff=str(rng.choice(["iron", "concrete", "composite"])),
        leaves=2,
        pattern=str(rng.choice(["plain", "grid", "squares", "dots"])),
        thick_m=float(rng.uniform(0.04, 0.07)),
        frame_m=float(rng.uniform(0.02, 0.06)),
        **{**_below(rng), "walls": str(rng.choice(["concrete", "brick"])), "depth_m": float(rng.uniform(0.8, 1.8))},
    )


def _grating(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.2, 0.4))
    is_round = bool(rng.random() < 0.12)
    other = half if is_round else half * float(rng.choice([1.0, 0.75, 0.55]))
    return Make(
        is_round=is_round,
        half_m=(half, other),
        stuff=str(rng.choice(["iron", "iron", "composite", "concrete"], p=[0.4, 0.3, 0.15, 0.15])),
        pattern="grating",
        thick_m=float(rng.uniform(0.03, 0.05)),
        frame_m=float(rng.uniform(0.01, 0.04)),
        **{**_below(rng), "depth_m": float(rng.uniform(0.5, 1.1)), "walls": str(rng.choice(["concrete", "brick"]))},
    )


def _steel(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.25, 0.6))
    return Make(
        is_round=False,
        half_m=(half, half * float(rng.uniform(0.5, 1.0))),
        stuff="steel",
        pattern=str(rng.choice(["diamonds", "diamonds", "plain"])),
        thick_m=0.008,
        frame_m=0.03,
        **{**_below(rng), "walls": "concrete"},
    )


def _tray(rng: np.random.Generator, kind: str) -> Make:
    del kind
    half = float(rng.uniform(0.25, 0.4))
    return Make(
        is_round=False,
        half_m=(half, half),
        stuff="steel",
        pattern="tray",
        thick_m=0.07,
        gap_m=0.004,
        frame_m=0.008,
        **_below(rng),
    )


def _painted(rng: np.random.Generator, kind: str) -> Make:
    make = _round_iron(rng, kind)
    return Make(
        is_round=True,
        half_m=make.half_m,
        stuff="painted",
        pattern=make.pattern,
        frame_m=make.frame_m,
        thick_m=make.thick_m,
        **_below(rng),
    )


def _below(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "collar": str(rng.choice(["none", "concrete", "asphalt", "setts"], p=[0.45, 0.27, 0.2, 0.08])),
        "collar_m": float(rng.uniform(0.08, 0.3)),
        "depth_m": float(rng.uniform(1.2, 3.5)),
        "walls": str(rng.choice(["brick", "concrete", "plastic"], p=[0.5, 0.4, 0.1])),
    }


_MAKERS: Final = {
    "round_iron": _round_iron,
    "round_concrete": _concrete,
    "square_concrete": _concrete,
    "round_composite": _composite,
    "square_iron": _square_iron,
    "small": _small,
    "double": _double,
    "grating": _grating,
    "steel_plate": _steel,
    "tray": _tray,
    "painted": _painted,
}
