"""A queue with an end in which senders take turns."""

from collections import deque
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class FairQueue(Generic[ItemT]):
    """A line for each sender. The first of each line is served in turn, so a long line makes only itself wait."""

    def __init__(self, length: int) -> None:
        """Nobody waits yet.

        Args:
            length: items that may wait, all lines together.
        """
        self._length = length
        self._lines: dict[str, deque[ItemT]] = {}  # in the order in which they are served next
        self._count = 0

    def __len__(self) -> int:
        """Items that wait."""
        return self._count

    @property
    def senders(self) -> int:
        """Senders who have an item here."""
        return len(self._lines)

    def has_place_for(self, sender: str) -> bool:
        """Whether one more item of `sender` may wait: a place is free, or somebody has two more than they."""
        return self._count < self._length or self._longest() > self._waiting(sender) + 1

    def ahead_of(self, sender: str) -> int:
        """How many items will be served before one more of `sender`."""
        own = self._waiting(sender)
        return sum(min(len(line), own + 1) for name, line in self._lines.items() if name != sender) + own

    def put(self, sender: str, item: ItemT) -> ItemT | None:
        """Add an item behind those of its sender; to be called where `has_place_for` says so.

        Returns:
            What had to go for it: the newest item of the longest line.
        """
        gone = None
        if self._count >= self._length:
            longest = max(self._lines, key=lambda name: len(self._lines[name]))
            gone = self._lines[longest][-1]
            self.remove(longest, gone)
        self._lines.setdefault(sender, deque()).append(item)
        self._count += 1
        return gone

    def take(self) -> ItemT:
        """The next item, which leaves.

        Raises:
            KeyError: nobody waits.
        """
        sender = next(iter(self._lines), None)
        if sender is None:
            raise KeyError("nobody waits")
        line = self._lines.pop(sender)
        item = line.popleft()
        if line:
            self._lines[sender] = line  # at the end: all others come first now
        self._count -= 1
        return item

    def remove(self, sender: str, item: ItemT) -> bool:
        """Let an item leave before its turn; whether it was there."""
        line = self._lines.get(sender, ())
        if not line or item not in line:
            return False
        line.remove(item)
        if not line:
            del self._lines[sender]
        self._count -= 1
        return True

    def _waiting(self, sender: str) -> int:
        return len(self._lines.get(sender, ()))

    def _longest(self) -> int:
        return max(map(len, self._lines.values()), default=0)
