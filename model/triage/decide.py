"""The decision: from what all photos show and what the words say to one pre-filled report. Pure and total."""

from collections.abc import Sequence
from dataclasses import dataclass

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.candidates import Candidate, Gatherer, raise_by_words
from hazardlens.model.triage.photo import ROUNDING, look
from hazardlens.model.triage.policy import Policy
from hazardlens.model.triage.reasons import ReasonWriter, media_named
from hazardlens.model.triage.schema import Names
from hazardlens.model.triage.text import TextFindings, code_rule_id
from hazardlens.model.triage.values import Alternative, Decision, Evidence, ExternalCode, ModelView, Reason


def decide(evidence: Sequence[Evidence], text: str, *, policy: Policy, model: ModelView) -> Decision:
    """What a report is about, how urgent it is, and why. docs/triage.md tells the rules in words.

    Args:
        evidence: what each photo, and each look at the clip, showed; none is legal.
        text: the reporter's words; empty is legal.
        policy: the rules.
        model: what the detector's labels stand for, and its calibration.

    Returns:
        A decision in every case; it never raises on labels or words that it does not know.
    """
    photos = look(evidence, model, default_threshold=policy.data.numbers.label_threshold)
    words = policy.reader.read(text)
    candidates = Gatherer(policy, model, photos, words).gather()
    looks = sum(one.of_clip for one in evidence)
    media = media_named(len(evidence) - looks, clip=looks > 0) if evidence else None
    return _Judge(policy, words, list(candidates.values()), media).decide()


@dataclass(slots=True)
class _Verdict:
    category: Category
    urgency: Urgency
    confidence: float
    reasons: list[Reason]
    doubts: list[Reason]
    route: str | None = None


class _Judge:
    """Chooses among the candidates of one report."""

    def __init__(self, policy: Policy, text: TextFindings, candidates: list[Candidate], media: Names | None) -> None:
        self._policy, self._data, self._text = policy, policy.data, text
        self._write = ReasonWriter(policy.data)
        self._candidates = candidates
        self._sure = {candidate.category: candidate.confidence(policy.data) for candidate in candidates}
        self._play = [candidate for candidate in candidates if candidate.in_play]
        self._media = media

    def decide(self) -> Decision:
        raised = raise_by_words(self._data, self._text, self._play)
        verdict = self._choose(raised) if self._play else self._nothing()
        rule = self._data.categories[verdict.category]
        return Decision(
            category=verdict.category,
            urgency=verdict.urgency,
            confidence=round(verdict.confidence, 4),
            needs_human=bool(verdict.doubts),
            route=verdict.route or rule.route,
            codes=self._codes(verdict.category),
            alternatives=self._alternatives(verdict.category),
            reasons=[*verdict.reasons, *verdict.doubts],
        )

    def _choose(self, raised: list[Reason]) -> _Verdict:
        pool, chosen = self._best()
        gravest = max(self._play, key=lambda candidate: candidate.level.rank)
        others = sorted((c for c in self._play if c is not chosen), key=lambda c: -self._sure[c.category])
        reasons = [*chosen.reasons, *(reason for other in others for reason in other.reasons), *raised]
        if gravest.level.rank > chosen.level.rank and not self._calls_for_a_look(gravest):
            reasons.append(self._urgency_from(gravest, chosen, "urgency_with_other"))
        if chosen.in_photo and chosen.said:
            reasons.append(self._write.say("agreement", category=self._name(chosen)))
        doubts = [*self._doubts(chosen), *self._rivals(chosen, pool), *self._graver(chosen, gravest), *self._unsaid()]
        return _Verdict(chosen.category, gravest.level, self._sure[chosen.category], reasons, doubts)

    def _best(self) -> tuple[list[Candidate], Candidate]:
        """The candidates that nothing explains away, and the best of them; a close call goes to the more urgent."""
        superseded = {
            other
            for candidate in self._play
            if candidate.superseding
            for other in self._data.categories[candidate.category].supersedes
        }
        pool = [candidate for candidate in self._play if candidate.category not in superseded]
        top = max(map(self._weight, pool))
        close = [
            candidate for candidate in pool if self._weight(candidate) >= top - self._data.numbers.closeness_margin
        ]
        return pool, min(close, key=lambda c: (-c.level.rank, self._policy.ranks[c.category]))

    def _weight(self, candidate: Candidate) -> float:
        return self._sure[candidate.category] + (self._data.numbers.text_lead if candidate.certain else 0.0)

    def _doubts(self, chosen: Candidate) -> list[Reason]:
        """Why the chosen category itself may be wrong."""
        name, sure = self._name(chosen), self._sure[chosen.category]
        threshold = self._data.categories[chosen.category].threshold
        doubts = []
        if not chosen.in_photo:
            doubts.append(self._write.say("text_only", category=name))
        elif not chosen.measured or chosen.derived > chosen.seen:
            doubts.append(self._write.say("uncalibrated", category=name))
        elif chosen.stands_from is None:
            doubts.append(self._write.say("unsupported", category=name))
        elif chosen.score < chosen.stands_from - ROUNDING:
            needed = chosen.stands_from
            doubts.append(self._write.say("below_precision", category=name, score=chosen.score, threshold=needed))
        elif chosen.seen < threshold <= sure:
            doubts.append(self._write.say("photo_thin", category=name, confidence=chosen.seen))
        if sure < threshold:
            doubts.append(self._write.say("below_threshold", category=name, confidence=sure, threshold=threshold))
        if chosen.doubted and not chosen.certain:
            doubts.append(self._write.say("text_uncertain", word=chosen.doubted))
        return doubts

    def _rivals(self, chosen: Candidate, pool: list[Candidate]) -> list[Reason]:
        """Categories that come close, and a text that names something else than the photos show."""
        margin = self._data.numbers.closeness_margin
        reach = self._sure[chosen.category] - margin
        name = self._name(chosen)
        doubts = [
            self._write.say("close_call", category=name, other=self._name(rival))
            for rival in pool
            if rival is not chosen and self._sure[rival.category] >= reach
        ]
        said = [candidate for candidate in self._play if candidate.said]
        shown = [candidate for candidate in self._play if candidate.in_photo]
        if said and shown and not any(candidate.in_photo for candidate in said):
            doubts.append(self._write.say("disagreement", photo=self._name(shown[0]), text=self._name(said[0])))
        return doubts

    def _graver(self, chosen: Candidate, gravest: Candidate) -> list[Reason]:
        """Hazards more urgent than the chosen one, and likely enough to call for a look."""
        doubts = []
        if gravest.level.rank > chosen.level.rank and self._calls_for_a_look(gravest):
            doubts.append(self._urgency_from(gravest, chosen, "urgency_from_other"))
        weak = self._weak_candidates(self._data.numbers.doubt_floor)
        doubts += [self._weak(c) for c in weak if c.level.rank > gravest.level.rank and self._calls_for_a_look(c)]
        return doubts

    def _calls_for_a_look(self, graver: Candidate) -> bool:
        numbers = self._data.numbers
        floor = numbers.immediate_floor if graver.level is Urgency.IMMEDIATE else numbers.graver_floor
        return self._sure[graver.category] >= floor

    def _urgency_from(self, gravest: Candidate, chosen: Candidate, code: str) -> Reason:
        urgency = self._data.urgencies[gravest.level]
        return self._write.say(code, category=self._name(chosen), other=self._name(gravest), urgency=urgency)

    def _unsaid(self) -> list[Reason]:
        """What the text takes back or denies, and that it was too long to read."""
        owners = {rule.id: rule.category for rule in self._data.text_rules}
        found: dict[tuple[str, Category], Reason] = {}
        for code, rules in (("text_denied", self._text.denied), ("text_resolved", self._text.resolved)):
            for rule_id in sorted(rules & owners.keys()):
                category = owners[rule_id]
                found[code, category] = self._write.say(code, category=self._write.category(category))
        reasons = list(found.values())
        if self._text.settled and not reasons:
            reasons.append(self._write.say("text_settled"))
        if self._text.truncated:
            reasons.append(self._write.say("text_truncated", limit=self._data.reading.max_chars))
        return reasons

    def _nothing(self) -> _Verdict:
        """No candidate is in play: a person has to look, and the pre-fill claims as little as it can."""
        numbers = self._data.numbers
        other, none = Category.OTHER, Category.NOT_A_HAZARD
        alarms = [rule for rule in self._data.modifiers if rule.alarm and rule.id in self._text.fired]
        weak = [self._weak(candidate) for candidate in self._weak_candidates(numbers.doubt_floor)]
        if alarms:
            fired = [self._write.fill(r.id, r.reason, word=self._text.fired[r.id].word) for r in alarms]
            level = max((rule.raise_to or Urgency.NONE for rule in alarms), key=lambda urgency: urgency.rank)
            doubts = [self._write.say("alarm_only"), *weak]
            route = next((rule.route for rule in alarms if rule.route), None)
            return _Verdict(other, level, numbers.unknown_text_confidence, fired, [*doubts, *self._unsaid()], route)
        if weak:
            return self._quiet(other, numbers.nothing_confidence, weak)
        if not self._text.empty and not self._text.settled:
            return self._quiet(other, numbers.unknown_text_confidence, [self._write.say("text_unknown")])
        if self._media is not None:
            found = [self._write.say("nothing_found", media=self._media)]
            return self._quiet(none, numbers.nothing_confidence, found)
        return self._quiet(none, 0.0, [] if self._text.settled else [self._write.say("no_evidence")])

    def _quiet(self, category: Category, confidence: float, doubts: list[Reason]) -> _Verdict:
        level = self._data.categories[category].urgency
        return _Verdict(category, level, confidence, [], [*doubts, *self._unsaid()])

    def _weak_candidates(self, floor: float) -> list[Candidate]:
        return [c for c in self._candidates if not c.in_play and self._sure[c.category] >= floor]

    def _weak(self, candidate: Candidate) -> Reason:
        return self._write.say("weak_hazard", category=self._name(candidate), confidence=self._sure[candidate.category])

    def _alternatives(self, chosen: Category) -> list[Alternative]:
        numbers = self._data.numbers
        ordered = sorted(self._sure, key=lambda category: (-self._sure[category], self._policy.ranks[category]))
        found = [
            Alternative(category=category, confidence=round(self._sure[category], 4))
            for category in ordered
            if category is not chosen and self._sure[category] >= numbers.mention_floor
        ]
        return found[: numbers.max_alternatives]

    def _codes(self, category: Category) -> dict[str, ExternalCode]:
        codes: dict[str, ExternalCode] = {}
        for rule in self._data.categories[category].codes:
            if rule.words is None or code_rule_id(category, rule.code) in self._text.fired:
                codes[rule.catalogue] = ExternalCode(
                    code=rule.code, name=rule.name, kind=rule.kind, provisional=rule.provisional
                )
        return codes

    def _name(self, candidate: Candidate) -> Names:
        return self._write.category(candidate.category)
