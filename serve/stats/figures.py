"""Shares with their uncertainty, and agreement beyond chance: arithmetic without a database."""

import math
from collections.abc import Mapping
from typing import Final

_Z_95: Final = 1.959963984540054


def wilson_interval(hits: int, n: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share.

    Unlike the textbook's, it is right for few cases and for shares near 0 and 1, where review figures live.

    Args:
        hits: how many.
        n: of how many.

    Returns:
        Lower and upper bound in 0..1; None where nothing was counted.
    """
    if n == 0:
        return None
    share, z2 = hits / n, _Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def cohens_kappa(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """How far two people agree beyond what chance alone would give: 1 always, 0 as chance does, below 0 less.

    Args:
        pairs: (what one said, what the other said) -> how often.

    Returns:
        Kappa; None where chance alone gives full agreement, or nothing was counted.
    """
    n = sum(pairs.values())
    if n == 0:
        return None
    firsts: dict[str, int] = {}
    seconds: dict[str, int] = {}
    for (first, second), count in pairs.items():
        firsts[first] = firsts.get(first, 0) + count
        seconds[second] = seconds.get(second, 0) + count
    by_chance = sum(count * seconds.get(word, 0) for word, count in firsts.items()) / n**2
    if by_chance == 1.0:
        return None
    agreed = sum(count for (first, second), count in pairs.items() if first == second) / n
    return (agreed - by_chance) / (1 - by_chance)
