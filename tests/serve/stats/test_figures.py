"""Intervals and kappa against values from elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.serve.stats.figures import cohens_kappa, wilson_interval


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # R: prop.test(x, n, correct = FALSE)$conf.int
        pytest.param(9, 10, 0.5958500, 0.9821238, id="nine of ten"),
        pytest.param(0, 10, 0.0, 0.2775328, id="none"),
        pytest.param(10, 10, 0.7224672, 1.0, id="all"),
        pytest.param(263, 500, 0.4822210, 0.5694148, id="many"),
    ],
)
def test_wilson_s_interval_is_that_of_the_textbook(hits: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-4)


def test_of_nothing_there_is_no_interval() -> None:
    assert wilson_interval(0, 0) is None


@given(st.integers(1, 10_000), st.data())
def test_an_interval_holds_its_share_and_stays_within_bounds(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    interval = wilson_interval(hits, n)
    assert interval is not None
    assert 0 <= interval[0] <= hits / n + 1e-12
    assert hits / n - 1e-12 <= interval[1] <= 1


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        # Two doctors, 50 patients: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: agreed 0.7, by chance 0.5.
        pytest.param({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}, 0.4, id="the usual example"),
        pytest.param({("a", "a"): 3, ("b", "b"): 7}, 1.0, id="always"),
        pytest.param({("a", "b"): 5, ("b", "a"): 5}, -1.0, id="never"),
        pytest.param({("a", "a"): 9}, None, id="there is nothing but one answer"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_kappa_is_agreement_beyond_chance(pairs: dict[tuple[str, str], int], kappa: float | None) -> None:
    assert cohens_kappa(pairs) == (kappa if kappa is None else pytest.approx(kappa))
