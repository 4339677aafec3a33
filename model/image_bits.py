"""Reads the headers of video codecs bit by bit."""


class Bits:
    """The bits of some bytes, from the highest of the first one on."""

    def __init__(self, header: bytes) -> None:
        self._left = len(header) * 8
        self._value = int.from_bytes(header, "big")

    def take(self, count: int) -> int:
        """The next `count` bits as a number.

        Raises:
            ValueError: there are fewer.
        """
        if count > self._left:
            raise ValueError("the header is cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def take_zeros(self) -> int:
        """How many zeros come before the next one; both are taken.

        Raises:
            ValueError: there is no one.
        """
        zeros = 0
        while not self.take(1):
            zeros += 1
        return zeros
