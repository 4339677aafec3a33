"""The table of named reports, and what holds for every decision."""

import pytest

from hazardlens.model.taxonomy import LABEL_HAZARDS, Category, Urgency
from hazardlens.model.triage import Decision
from support.triage import Case, photo, shipped_policy
from support.triage_context import CONTEXT_CASES
from support.triage_language import LANGUAGE_CASES
from support.triage_photos import PHOTO_CASES
from support.triage_weighing import WEIGHING_CASES
from support.triage_words import WORD_CASES

CASES = [*WORD_CASES, *LANGUAGE_CASES, *PHOTO_CASES, *WEIGHING_CASES, *CONTEXT_CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decides(case: Case) -> None:
    decision = case.decide()
    codes = {reason.code for reason in decision.reasons}
    assert (decision.category, decision.urgency) == (case.category, case.urgency), sorted(codes)
    assert codes >= set(case.why)
    assert not codes & set(case.not_why)
    assert case.human in (None, decision.needs_human), sorted(codes)
    assert case.route in (None, decision.route)
    assert {alternative.category for alternative in decision.alternatives} >= set(case.alternatives)
    if case.code is not None:
        assert [code.code for code in decision.codes.values()] == [case.code]
    if case.confidence is not None:
        assert decision.confidence == pytest.approx(case.confidence, abs=1e-4)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_complete(case: Case) -> None:
    decision = case.decide()
    assert Decision.model_validate_json(decision.model_dump_json()) == decision
    assert decision.route in shipped_policy().data.routes
    assert decision.reasons, "every decision says why"
    assert all(reason.zh and reason.en and "{" not in reason.zh + reason.en for reason in decision.reasons)
    assert len({reason.model_dump_json() for reason in decision.reasons}) == len(decision.reasons)
    confidences = [alternative.confidence for alternative in decision.alternatives]
    assert confidences == sorted(confidences, reverse=True)
    assert decision.category not in [alternative.category for alternative in decision.alternatives]
    assert decision.needs_human or decision.category not in (Category.OTHER, Category.NOT_A_HAZARD)


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 80


def test_every_category_has_a_case() -> None:
    assert {case.category for case in CASES} == set(Category)


def test_every_rule_fires_in_some_case() -> None:
    data = shipped_policy().data
    rules = (*data.text_rules, *data.modifiers, *data.exit_rules, *data.place_rules, *data.amount_rules)
    hazards = {label: rule.code for label, rule in data.labels.items() if LABEL_HAZARDS[label] is not None}
    spoken_by_others = {"text_named"}  # a template only: each text rule gives it under its own name
    expected = {rule.id for rule in rules} | set(hazards.values()) | set(data.reasons) - spoken_by_others
    assert expected - {reason.code for case in CASES for reason in case.decide().reasons} == set()


@pytest.mark.parametrize(
    ("photos", "looks", "zh", "en"),
    [
        (1, 0, "1 张照片", "1 photo"),
        (3, 0, "3 张照片", "3 photos"),
        (0, 1, "视频", "the clip"),
        (0, 4, "视频", "the clip"),
        (1, 4, "1 张照片和视频", "1 photo and the clip"),
        (2, 1, "2 张照片和视频", "2 photos and the clip"),
    ],
)
def test_where_nothing_was_found_is_said_right(photos: int, looks: int, zh: str, en: str) -> None:
    evidence = (*[photo()] * photos, *[photo(of_clip=True)] * looks)
    (reason,) = Case("", Category.NOT_A_HAZARD, Urgency.NONE, photos=evidence).decide().reasons
    assert reason.zh == f"{zh}中没有发现隐患，请人工判断"
    assert reason.en == f"No hazard found in {en}: please judge"


def test_every_code_is_given_in_some_case() -> None:
    data = shipped_policy().data
    listed = {(category, code.code) for category, rule in data.categories.items() for code in rule.codes}
    given = {(case.category, code.code) for case in CASES for code in case.decide().codes.values()}
    assert given == listed
