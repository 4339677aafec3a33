"""How those are told for whom there is no place: when to come back, and not all in one moment."""

import math
from collections import deque
from typing import Final

RETRY_AFTER_S: Final = 5
"""When to come back where nothing tells how long it will take."""

MAX_RETRY_AFTER_S: Final = 30
CROWDED: Final = "hazardlens.crowded"
"""In the scope of a request on a connection for which there is no place: only health checks are answered there."""

HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz"})
REFUSALS_PER_S: Final = 50
MAX_HELD_S: Final = 5.0
_MOST_SENDERS: Final = 1000


class ComeBack:
    """When those who were refused should come back: one after the other, as fast as they can be served.

    If all of them were told the same second, they would come at once and be refused again.
    """

    def __init__(self) -> None:
        self._next_s: dict[str, float] = {}

    def after_s(self, sender: str, *, now_s: float, wait_s: float, interval_s: float) -> int:
        """Whole seconds to tell.

        Args:
            sender: who was refused.
            now_s: the time of any clock, the same one for all calls.
            wait_s: until what waits before them is done.
            interval_s: between two items of this sender, as they are served now.
        """
        turn_s = max(now_s + wait_s, self._next_s.pop(sender, 0.0))
        turn_s = min(turn_s, now_s + MAX_RETRY_AFTER_S)
        self._next_s[sender] = turn_s + interval_s
        if len(self._next_s) > _MOST_SENDERS:
            del self._next_s[next(iter(self._next_s))]  # whoever was told first
        return max(1, math.ceil(turn_s - now_s))


class Spacing:
    """Spreads refusals over time, so that clients that come again at once cannot use the event loop up by that.

    The first ones go out at once. Of many, each waits for its turn, while nothing of its request is read: a client that
    has to wait cannot ask again, so the rate at which refusals are asked for falls to what this lets through. Each
    sender has a line of its own and the first of each line goes out in turn, as in `FairQueue`.
    """

    def __init__(self, *, per_s: float = REFUSALS_PER_S, max_held_s: float = MAX_HELD_S) -> None:
        """Nothing is held yet.

        Args:
            per_s: refusals that go out in a second.
            max_held_s: longest time that one is held; where more come than can be spread over it, they go out faster.
        """
        self._interval_s = 1 / per_s
        self._max_held_s = max_held_s
        self._longest = math.ceil(max_held_s * per_s)
        self._lines: dict[str, deque[float]] = {}  # until when each refusal takes its part of the time

    def hold_s(self, sender: str, now_s: float) -> float:
        """For how long to hold the next refusal of this sender."""
        self._forget(now_s)
        line = self._lines.setdefault(sender, deque(maxlen=self._longest))
        others = sum(min(len(other), len(line) + 1) for other in self._lines.values() if other is not line)
        held_s = min((len(line) + others) * self._interval_s, self._max_held_s)
        line.append(now_s + held_s + self._interval_s)
        return held_s

    def _forget(self, now_s: float) -> None:
        for sender, line in list(self._lines.items()):
            while line and line[0] <= now_s:
                line.popleft()
            if not line:
                del self._lines[sender]
