from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.values import Alternative, Decision
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.reports.prefilling import doubt_by_lot, doubt_of, is_audited


@dataclass(frozen=True)
class Case:
    name: str
    confidence: float
    doubt: float
    rivals: tuple[float, ...] = ()
    needs_human: bool = False


CASES = [
    Case("sure of it", 1.0, 0.0),
    Case("nothing else in play", 0.9, 0.1),
    Case("a faint rival", 0.9, 0.15, rivals=(0.05,)),
    Case("a strong rival", 0.9, 0.7, rivals=(0.6,)),
    Case("the best rival counts, wherever it stands", 0.9, 0.7, rivals=(0.1, 0.6, 0.2)),
    Case("a rival as likely", 0.9, 1.0, rivals=(0.9,)),
    Case("a likelier rival that is less urgent", 0.6, 1.0, rivals=(0.8,)),
    Case("no idea", 0.0, 1.0),
    Case("abstains, though sure", 0.95, 0.5, needs_human=True),
    Case("abstains, and unsure", 0.3, 0.7, needs_human=True),
    Case("abstains, with a rival", 0.8, 0.6, rivals=(0.4,), needs_human=True),
]


def decision(confidence: float, rivals: tuple[float, ...] = (), *, needs_human: bool = False) -> Decision:
    return Decision(
        category=Category.STACKED_CLUTTER,
        urgency=Urgency.ROUTINE,
        confidence=confidence,
        needs_human=needs_human,
        route="sub_district_grid",
        codes={},
        alternatives=[Alternative(category=Category.DANGLING_CABLE, confidence=rival) for rival in rivals],
        reasons=[],
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_doubt(case: Case) -> None:
    found = decision(case.confidence, case.rivals, needs_human=case.needs_human)
    assert doubt_of(found) == case.doubt


@pytest.mark.parametrize(
    ("needs_human", "share", "drawn", "audited"),
    [
        pytest.param(False, 0.05, 0.04, True, id="drawn"),
        pytest.param(False, 0.05, 0.05, False, id="not drawn"),
        pytest.param(False, 0.0, 0.0, False, id="no audit"),
        pytest.param(False, 1.0, 0.999, True, id="all of them"),
        pytest.param(True, 1.0, 0.0, False, id="a person sees it anyway"),
    ],
)
def test_audit(*, needs_human: bool, share: float, drawn: float, audited: bool) -> None:
    assert is_audited(decision(0.9, needs_human=needs_human), share, lambda: drawn) is audited


def test_an_audited_report_takes_its_place_by_lot() -> None:
    ids = [new_report_id(datetime.now(UTC)) for _ in range(400)]
    lots = sorted(doubt_by_lot(report_id) for report_id in ids)
    assert (doubt_by_lot("0" * 32), doubt_by_lot("f" * 32), doubt_by_lot("0" * 24 + "80000000")) == (0, 1, 0.5)
    assert all(abs(lot - n / 400) < 0.15 for n, lot in enumerate(lots)), "the lots are not spread evenly"
