"""Which packets of a clip need not be decoded, though every moment is looked at as often as was asked for.

A frame that stands alone (a key frame) and those right after it can be decoded without what came before. So where key
frames are close, as in clips from phones, most of what lies between them is left out.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

_HEAD_S: Final = 0.3
"""After each key frame so much is decoded, to choose the sharpest of."""
_USUAL_PIXELS_PER_S: Final = 1920 * 1080 * 33
_FEW_PIXELS_PER_S: Final = _USUAL_PIXELS_PER_S * 0.6


class Thrift:
    """Decides packet by packet, in the order in which they are decoded."""

    def __init__(self, keys_s: Sequence[float], pixels_per_s: float, max_gap_s: float) -> None:
        """Plan for one clip.

        Args:
            keys_s: times of its key frames, in order.
            pixels_per_s: what decoding all of it means; small clips are decoded whole.
            max_gap_s: no moment may be further than this from a frame that is decoded.
        """
        self._keys_s = keys_s if pixels_per_s > _FEW_PIXELS_PER_S else ()
        self._head_s = _HEAD_S * min(1.0, _USUAL_PIXELS_PER_S / max(pixels_per_s, 1.0))
        self._max_gap_s = max_gap_s
        self._key_s: float | None = None
        self._end_s = 0.0
        self._left_out = False

    def wants(self, time_s: float, *, is_key: bool) -> bool:
        """Whether to decode the packet at this time; once one is left out, so are all until the next key frame."""
        if is_key and self._keys_s:
            self._key_s, self._left_out = time_s, False
            self._end_s = self._end_of_head(time_s)
        if self._key_s is None:
            return True
        if time_s > self._end_s:
            self._left_out = True
        # What is shown before the key frame but comes after it needs frames that may have been left out.
        return not self._left_out and time_s >= self._key_s

    def _end_of_head(self, key_s: float) -> float:
        after = bisect_right(self._keys_s, key_s)
        if after == len(self._keys_s):
            return float("inf")
        return max(key_s + self._head_s, self._keys_s[after] - self._max_gap_s)
