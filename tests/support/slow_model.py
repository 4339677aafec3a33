"""A server whose model waits, so that a test can look at it with its hands full."""

from typing import Final

WAITING_MODEL: Final = """
import os, time
from hazardlens.model import detector
gate = os.environ.pop("GATE")
class Slow(detector.OnnxDetector):
    def infer(self, tensor):
        while not os.path.exists(gate):
            time.sleep(0.01)
        return super().infer(tensor)
from hazardlens.serve import model_slot
model_slot.OnnxDetector = Slow
"""
"""For the beginning of a server's script: the model waits until the file that `GATE` names is there."""
