"""How many requests a sender may make in a minute."""

import math
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from hazardlens.serve.access.errors import RateLimitedError


class RateLimit:
    """A limit for each sender of one kind, in a window that moves with time.

    The window is that of two counters for each sender, which end by themselves: memory stays small however many senders
    there are and however much they may send. (A list of all requests of the last minute would be exact, and large.)
    Counts are of this process alone: with several replicas, each grants its own.
    """

    def __init__(self, kind: str, per_minute: int) -> None:
        """Set a limit.

        Args:
            kind: of sender, part of the counters' names.
            per_minute: most requests of one sender in any 60 seconds; 0: no limit.
        """
        self._kind: Final = kind
        self._item: Final = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter: SlidingWindowCounterRateLimiter | None = (
            None  # its storage starts a thread: not before it is needed
        )

    def count(self, sender: str) -> None:
        """Count one request.

        Raises:
            RateLimitedError: it is one too many.
        """
        if self._item is None:
            return
        self._limiter = self._limiter or SlidingWindowCounterRateLimiter(MemoryStorage())
        if not self._limiter.hit(self._item, self._kind, sender):
            wait = self._limiter.get_window_stats(self._item, self._kind, sender).reset_time - time.time()
            raise RateLimitedError(
                f"more than {self._item.amount} requests in a minute", retry_after_s=max(1, math.ceil(wait))
            )
