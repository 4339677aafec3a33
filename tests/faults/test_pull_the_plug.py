"""The server is killed at random moments of intake and review: nothing acknowledged is lost, nothing is doubled."""

import random
from pathlib import Path

import pytest

from servers import free_port
from support.painted import painted
from support.pictures import saved
from support.plug import Plug
from support.reckoning import Ledger, reckon, run_until_pulled


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill_at_any_moment(
    tmp_path: Path, pytestconfig: pytest.Config, request: pytest.FixtureRequest
) -> None:
    """About 4 s a moment: `make test TESTS=tests/faults PYTEST_ARGS='--moments 200'` tries many."""
    moments = int(pytestconfig.getoption("moments"))
    dice = random.Random(moments)  # noqa: S311 - chance, not secrets
    photo = saved(painted(320, 240, stacked_clutter=(40, 60, 200, 200)), "JPEG")
    ledger = Ledger()
    plug = Plug(tmp_path / "var", free_port())
    request.addfinalizer(plug.pull)
    plug.add_account("li")
    for moment in range(moments):
        plug.start()
        run_until_pulled(plug, ledger, moment=moment, photo=photo, dice=dice)
        plug.start()
        plug.forget_sign_ins()
        reckon(plug, ledger, again=moment % 20 == 0 or moment == moments - 1)
        plug.pull()
    assert len(ledger.acknowledged) > moments
    print(f"{moments} kills: {len(ledger.acknowledged)} reports, {len(ledger.decided)} reviews")  # noqa: T201 - for whoever ran it by hand
