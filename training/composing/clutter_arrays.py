"""Numbers as float32, whatever they come as: sums with float64 would double the time and the memory."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def f32(values: npt.ArrayLike) -> Floats:
    """A number, a list or an array as a float32 array."""
    return np.asarray(values, np.float32)
