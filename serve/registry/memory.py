"""Memory of models that were freed goes back to the system, so that exchanging them all day costs no more than once.

The C library keeps what a session's many threads gave back in as many heaps: sixteen exchanges of the model that ships
left 190 MB behind. Asked to, it returns them.
"""

import ctypes
import threading
import weakref

from hazardlens.model.detector import Detector


class FreedModels:
    """Notes when models are freed, in whichever thread lets go last; `tidy` then does what cannot be done there."""

    def __init__(self) -> None:
        self._freed = threading.Event()

    def watch(self, detector: Detector) -> None:
        """Note when this one is freed."""
        weakref.finalize(detector, self._freed.set)

    def note(self) -> None:
        """Something large was freed."""
        self._freed.set()

    def tidy(self) -> bool:
        """Give memory back, if any was freed since the last time; whether it was."""
        if not self._freed.is_set():
            return False
        self._freed.clear()
        try:
            ctypes.CDLL(None).malloc_trim(0)
        except (AttributeError, OSError):  # another C library, which does so by itself or never
            return False
        return True
