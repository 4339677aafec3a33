"""Which frames of a clip are worth the network's time: sharp ones, one in each short stretch, and nothing twice.

The chooser sees the brightness of about a dozen frames a second and lets go of the best of each stretch. It runs in
the child that decodes, so it needs numpy alone.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Luma = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_OFFERS_PER_S: Final = 12.5
_SLOT_S: Final = 0.25
"""Of each quarter of a second the sharpest frame is held, as the choice or as a spare."""
_SPARE_GAP_S: Final = 0.06
"""Nearer to the choice than this, a spare would show the same."""
_CELLS_ACROSS: Final = 32
_SHARP_ROWS: Final = 48
_CUT_CHANGE: Final = 18.0
_CUT_FACTOR: Final = 4.0
_HISTORY: Final = 12
_CELL_FACTOR: Final = 6.0
_USUAL_SPREAD: Final = 16.0
"""Where the cells of a picture differ by less, as in the dark, so do two pictures of different things."""
_NOISE_SHARE: Final = 0.4
"""Of `min_change`: by so much a sensor's noise alone changes the cells."""
_SWING_COLUMNS: Final = 8
_SWING_ROWS: Final = 4
_SWING_SHARE: Final = 0.4
_MAX_GAIN: Final = 1.5


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """How densely a clip is looked at; docs/video.md says why so densely.

    Attributes:
        min_gap_s: no closer than this to the frame before, within one shot.
        max_gap_s: no further than this from the frame before, where the picture changes.
        still_gap_s: the same where it does not.
        min_change: a frame whose brightness differs by less, on average of 0..255, is a near-duplicate; in one part
            of the picture it may differ by six times as much. Of a dark or flat picture less counts, down to 0.4 of it.

    Raises:
        ValueError: the gaps are not in order, or a value is not positive.
    """

    min_gap_s: float = 0.5
    max_gap_s: float = 1.0
    still_gap_s: float = 5.0
    min_change: float = 2.0

    def __post_init__(self) -> None:
        """Check the order."""
        if not 0 < self.min_gap_s <= self.max_gap_s <= self.still_gap_s or not self.min_change > 0:
            raise ValueError(f"frame choice: expected 0 < min <= max <= still gap and a change, found {self}")


@dataclass(frozen=True, slots=True)
class Chosen(Generic[T]):
    """A frame that the chooser lets go of.

    Attributes:
        time_s: as offered.
        frame: as offered.
        spare: not to be looked at unless what is seen next to it asks for a second look.
        shot: how many cuts came before it.
    """

    time_s: float
    frame: T
    spare: bool
    shot: int


@dataclass(frozen=True, slots=True, eq=False)
class _Offer(Generic[T]):
    time_s: float
    frame: T
    cells: Floats
    sharpness: float


class FrameChooser(Generic[T]):
    """Takes frames in order of time; gives those worth looking at, in order of time, and holds a few in between.

    A window is open from `min_gap_s` to `max_gap_s` after the last choice, and from a cut until half a second later.
    When it closes, its sharpest frame that is no near-duplicate of the last choice is chosen; the best of the other
    quarters of a second come with it as spares, and so does the last near-duplicate, which tells until when the choice
    before could be seen. A cut closes the window at once.
    """

    def __init__(self, choice: FrameChoice) -> None:
        """Start before the first frame."""
        self._choice = choice
        self._last_seen: _Offer[T] | None = None
        self._last_chosen: Floats | None = None
        self._last_chosen_s = -np.inf
        self._changes: list[float] = []
        self._shot = 0
        self._slots: dict[int, _Offer[T]] = {}
        self._repeat: _Offer[T] | None = None
        self._window_s: tuple[float, float] | None = None

    def wants(self, time_s: float) -> bool:
        """Whether an offer at this time would be looked at; if not, its brightness need not even be made."""
        return self._last_seen is None or time_s - self._last_seen.time_s >= 1 / _OFFERS_PER_S - 1e-6

    def offer(self, time_s: float, luma: Luma, frame: T) -> list[Chosen[T]]:
        """Take one frame.

        Args:
            time_s: later than the time of the offer before.
            luma: (H, W) uint8, the frame's brightness; a view will do, nothing keeps it.
            frame: what to give back.

        Returns:
            Frames that are let go of now, in order of time; most often none.
        """
        if not self.wants(time_s):
            return []
        new = _Offer(time_s, frame, _cells(luma), _sharpness(luma))
        released: list[Chosen[T]] = []
        if self._is_cut(new):
            released += self.finish()
            self._shot += 1
            self._last_chosen = None
            self._window_s = None
        if self._window_s is None:
            self._window_s = (time_s, time_s + self._choice.max_gap_s - self._choice.min_gap_s)
        elif time_s > self._window_s[1]:
            released += self._close()
        self._last_seen = new
        self._hold(new)
        return released

    def finish(self) -> list[Chosen[T]]:
        """The frames of the last window, at the end of a shot or of the clip."""
        released = self._close()
        late = [Chosen(one.time_s, one.frame, spare=True, shot=self._shot) for one in self._take_repeat()]
        return released + late

    def _is_cut(self, new: _Offer[T]) -> bool:
        """Whether the picture changed far more than it did in the moments before, and not by a swing of the camera."""
        if self._last_seen is None:
            return False
        before = self._last_seen.cells
        if new.cells.shape != before.shape:
            return True
        change = float(np.abs(new.cells - before).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        # Of large clips whole stretches are not decoded, and in 0.7 s a walk changes the picture as well.
        longer = 1 + min(1.0, new.time_s - self._last_seen.time_s)
        cut = change > longer * max(_CUT_CHANGE, _CUT_FACTOR * usual) and not _is_shifted(new.cells, before, change)
        self._changes = [] if cut else [*self._changes, change][-_HISTORY:]
        return cut

    def _hold(self, new: _Offer[T]) -> None:
        if self._is_repeat(new):
            self._repeat = new
            return
        slot = int(new.time_s / _SLOT_S)
        held = self._slots.get(slot)
        if held is None or new.sharpness > held.sharpness:
            self._slots[slot] = new

    def _is_repeat(self, new: _Offer[T]) -> bool:
        if self._last_chosen is None or new.time_s - self._last_chosen_s >= self._choice.still_gap_s:
            return False
        change = np.abs(_unexplained(new.cells, self._last_chosen))
        spread = float(self._last_chosen.std())
        least = self._choice.min_change * min(max(spread / _USUAL_SPREAD, _NOISE_SHARE), 1.0)
        return bool(change.mean() < least and change.max() < _CELL_FACTOR * least)

    def _close(self) -> list[Chosen[T]]:
        """Choose from the window, and open the next."""
        if self._window_s is None:
            return []
        opened, closes = self._window_s
        held = [self._slots[slot] for slot in sorted(self._slots)]
        eligible = [offer for offer in held if offer.time_s >= opened - 1e-6] or held
        if not eligible:
            self._window_s = (closes, closes + self._choice.max_gap_s - self._choice.min_gap_s)
            return []
        best = max(eligible, key=lambda offer: offer.sharpness)
        repeats = self._take_repeat()
        if best.time_s - self._last_chosen_s < self._choice.still_gap_s:  # else it shows the same once more
            held = sorted([*held, *repeats], key=lambda offer: offer.time_s)
        self._last_chosen, self._last_chosen_s = best.cells, best.time_s
        self._window_s = (best.time_s + self._choice.min_gap_s, best.time_s + self._choice.max_gap_s)
        self._slots = {}
        return [
            Chosen(offer.time_s, offer.frame, offer is not best, self._shot)
            for offer in held
            if offer is best or abs(offer.time_s - best.time_s) > _SPARE_GAP_S
        ]

    def _take_repeat(self) -> list[_Offer[T]]:
        repeats = [] if self._repeat is None else [self._repeat]
        self._repeat = None
        return repeats


def _cells(luma: Luma) -> Floats:
    """Mean brightness of square cells, 32 across the long side, from every fourth pixel or so."""
    step = max(1, max(luma.shape) // (_CELLS_ACROSS * 8))
    small = luma[::step, ::step]
    side = max(1, max(small.shape) // _CELLS_ACROSS)
    rows, columns = max(1, small.shape[0] // side), max(1, small.shape[1] // side)
    cut = small[: rows * side, : columns * side]
    if cut.shape != (rows * side, columns * side):  # narrower than one cell
        return np.full((1, 1), small.mean(), np.float32)
    cells: Floats = cut.reshape(rows, side, columns, side).mean(axis=(1, 3), dtype=np.float32)
    return cells


def _is_shifted(cells: Floats, before: Floats, change: float) -> bool:
    """Whether one picture, moved by up to a quarter of its width, lies on the other far better than unmoved."""
    rows, columns = cells.shape
    for down in range(-min(_SWING_ROWS, rows // 3), min(_SWING_ROWS, rows // 3) + 1, 2):
        for across in range(-min(_SWING_COLUMNS, columns // 3), min(_SWING_COLUMNS, columns // 3) + 1):
            here = cells[max(0, down) : rows + min(0, down), max(0, across) : columns + min(0, across)]
            there = before[max(0, -down) : rows - max(0, down), max(0, -across) : columns - max(0, across)]
            if np.abs(here - there).mean() < _SWING_SHARE * change:
                return True
    return False


def _unexplained(cells: Floats, before: Floats) -> Floats:
    """What is left of the difference when all of the picture may have become lighter or darker alike.

    A lamp or the camera's exposure shows nothing new.
    """
    spread = before - before.mean()
    power = float((spread * spread).mean())
    gain = float(((cells - cells.mean()) * spread).mean()) / power if power > 1 else 1.0
    gain = min(max(gain, 1 / _MAX_GAIN), _MAX_GAIN)
    rest: Floats = cells - cells.mean() - gain * spread
    return rest


def _sharpness(luma: Luma) -> float:
    """Mean step between neighbours along some rows, and from these to the next ones: blur of any direction shows."""
    if min(luma.shape) < 2:
        return 0.0
    step = max(1, luma.shape[0] // _SHARP_ROWS) | 1  # odd: codecs work in blocks of even sides
    rows = luma[0:-1:step].astype(np.int16)
    below = luma[1::step][: len(rows)].astype(np.int16)
    across = np.abs(np.diff(rows, axis=1)).mean()
    down = np.abs(below - rows).mean()
    return float(min(across, down) + 0.25 * max(across, down))
