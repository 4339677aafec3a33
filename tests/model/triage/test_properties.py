"""What holds for every report: a decision always comes, and more evidence never makes it less urgent."""

import hypothesis.strategies as st
from hypothesis import given, settings

from hazardlens.model.taxonomy import LABEL_HAZARDS, Category
from hazardlens.model.triage import Curve, Decision, Evidence, ModelView, decide
from hazardlens.model.triage.text import rule_wordings
from support.triage import MEASURED, UNMEASURED, Box, model_with, photo, shipped_policy

Photo = tuple[tuple[str, float, Box], ...]
Report = list[Photo]

POLICY = shipped_policy()
WORDS = sorted(
    {
        word
        for _, wording in rule_wordings(POLICY.data)
        for words in (wording.zh, wording.en)
        for group in (words.about, words.state, words.phrases)
        for word in group
    }
)
SMALL_WORDS = sorted(
    {
        word
        for table in (POLICY.data.reading.zh, POLICY.data.reading.en)
        for group in (
            table.negation,
            table.negation_adjacent,
            table.uncertain,
            table.resolved,
            table.reopened,
            table.masks,
        )
        for word in group
    }
)
CLAUSES = [
    "井盖丢失",
    "fire exit blocked",
    "楼道里",
    "学校门口",
    "有人受伤",
    "maybe a burst pipe",
    "电缆没有垂落",
    "消防通道",
    "很危险",
    "人行道",
]

edges = st.floats(0, 1000, width=32)
boxes = st.tuples(edges, edges, edges, edges).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)
labels = st.sampled_from([*LABEL_HAZARDS, "giraffe", "cable_in_tree"])
found = st.tuples(labels, st.floats(0, 1, width=32), boxes)
photos = st.lists(found, max_size=6).map(tuple)
reports = st.lists(photos, max_size=3)
steep = ModelView(UNMEASURED.labels, {Category.DANGLING_CABLE: Curve((0.2, 0.5, 0.6), (0.0, 0.1, 0.9))})
models = st.sampled_from(
    [MEASURED, UNMEASURED, ModelView(), steep, model_with("cable_in_tree", Category.DANGLING_CABLE, 0.5)]
)
clause_texts = st.lists(st.sampled_from(CLAUSES), max_size=4).map("。".join)
word_soup = st.lists(st.sampled_from([*WORDS, *SMALL_WORDS, "。", "，", " ", "\n"]), max_size=30).map("".join)
texts = st.one_of(st.text(max_size=60), word_soup, clause_texts)


def _evidence(report: Report) -> list[Evidence]:
    return [photo(*rows) for rows in report]


def _decide(report: Report, text: str, model: ModelView) -> Decision:
    return decide(_evidence(report), text, policy=POLICY, model=model)


@given(reports, texts, models)
@settings(max_examples=60, deadline=None)
def test_always_decides_and_says_why(report: Report, text: str, model: ModelView) -> None:
    decision = _decide(report, text, model)
    assert decision == _decide(report, text, model)
    assert decision.reasons
    assert all(reason.zh and reason.en for reason in decision.reasons)
    assert decision.needs_human or model.curves


@given(reports, photos, clause_texts, models)
@settings(max_examples=60, deadline=None)
def test_more_photos_never_lower_the_urgency(report: Report, more: Photo, text: str, model: ModelView) -> None:
    before, after = _decide(report, text, model), _decide([*report, more], text, model)
    assert after.urgency.rank >= before.urgency.rank


@given(reports, photos, clause_texts, models)
@settings(max_examples=60, deadline=None)
def test_more_boxes_in_a_photo_never_lower_the_urgency(
    report: Report, more: Photo, text: str, model: ModelView
) -> None:
    before = _decide([*report, ()], text, model)
    after = _decide([*report, more], text, model)
    assert after.urgency.rank >= before.urgency.rank


@given(reports, texts, models)
@settings(max_examples=60, deadline=None)
def test_no_text_lowers_what_the_photos_show(report: Report, text: str, model: ModelView) -> None:
    silent, spoken = _decide(report, "", model), _decide(report, text, model)
    assert spoken.urgency.rank >= silent.urgency.rank
    if spoken.category is not silent.category:
        assert {reason.code for reason in spoken.reasons} - {reason.code for reason in silent.reasons}


@given(reports, clause_texts, st.sampled_from(CLAUSES), models)
@settings(max_examples=60, deadline=None)
def test_a_further_sentence_never_lowers_the_urgency(report: Report, text: str, clause: str, model: ModelView) -> None:
    before, after = _decide(report, text, model), _decide(report, f"{text}。{clause}", model)
    settled = after.category is Category.NOT_A_HAZARD
    assert after.urgency.rank >= before.urgency.rank or settled
    if settled:
        assert {reason.code for reason in after.reasons} & {
            "text_denied",
            "text_resolved",
            "text_settled",
        } or after.category is before.category


@given(reports, models)
@settings(max_examples=60, deadline=None)
def test_a_hazard_above_its_floor_is_never_dropped(report: Report, model: ModelView) -> None:
    decision = _decide(report, "", model)
    mentioned = {decision.category, *(alternative.category for alternative in decision.alternatives)}
    hazards = {rule.name: rule.hazard for rule in model.labels} or dict(LABEL_HAZARDS)
    for rows in report:
        for label, score, _ in rows:
            hazard = hazards.get(label)
            if hazard is None:
                continue
            curve = model.curves.get(hazard)
            if (curve(score) if curve else score) >= POLICY.data.numbers.mention_floor + 1e-6:
                assert hazard in mentioned


@given(reports, texts, models)
@settings(max_examples=60, deadline=None)
def test_the_machine_stands_alone_only_on_what_was_measured(report: Report, text: str, model: ModelView) -> None:
    decision = _decide(report, text, model)
    if not decision.needs_human:
        hazards = {rule.name: rule.hazard for rule in model.labels}
        scores = [score for rows in report for label, score, _ in rows if hazards.get(label) is decision.category]
        measured = model.curves[decision.category](max(scores))
        assert measured >= POLICY.data.categories[decision.category].threshold - 1e-6
