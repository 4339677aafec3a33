"""Gathers, category by category, what speaks for it and how urgent that makes it."""

from dataclasses import dataclass, field

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.context import amount, find_blocked
from hazardlens.model.triage.photo import PhotoFindings, Seen, labels_by_hazard
from hazardlens.model.triage.policy import Policy
from hazardlens.model.triage.reasons import ReasonWriter
from hazardlens.model.triage.schema import PolicyData
from hazardlens.model.triage.text import TextFindings
from hazardlens.model.triage.values import ModelView, Reason


@dataclass(slots=True)
class Candidate:
    """One category and what speaks for it. Everything here only ever grows.

    Attributes:
        category: what it is about.
        level: urgency so far.
        seen: probability by the photos' own labels, 0 where there are none.
        derived: the same by a rule about where things stand, or by labels that support what the text says.
        said: the text's, 0 where it does not name the category.
        in_play: the evidence is enough to count; otherwise it is at most an alternative.
        in_photo: a photo's evidence counts.
        measured: `seen` comes from a calibration curve.
        score: best raw score of its labels.
        stands_from: raw score from which the model may name it alone; None: the data support none.
        certain: the text names it without "perhaps".
        superseding: the evidence explains away the categories that this one supersedes.
        doubted: the words of an uncertain mention.
        reasons: of the rules that fired for it.
    """

    category: Category
    level: Urgency
    seen: float = 0.0
    derived: float = 0.0
    said: float = 0.0
    in_play: bool = False
    in_photo: bool = False
    measured: bool = False
    score: float = 0.0
    stands_from: float | None = 0.0
    certain: bool = False
    superseding: bool = False
    doubted: str = ""
    reasons: list[Reason] = field(default_factory=list)

    def raise_to(self, level: Urgency) -> None:
        """Raise the level; a lower one changes nothing."""
        self.level = max(self.level, level, key=lambda urgency: urgency.rank)

    def confidence(self, data: PolicyData) -> float:
        """The chance that this category is right; photo and text that agree raise it, up to a cap."""
        numbers = data.numbers
        visible = max(self.seen, self.derived)
        if not (visible and self.said):
            return max(visible, self.said)
        together = 1 - (1 - visible) * (1 - numbers.agreement_weight * self.said)
        return max(visible, self.said, min(together, numbers.agreement_cap))


class Gatherer:
    """Builds the candidates of one report."""

    def __init__(self, policy: Policy, model: ModelView, photos: PhotoFindings, text: TextFindings) -> None:
        """Start with no candidate."""
        self._data, self._model, self._photos, self._text = policy.data, model, photos, text
        self._write = ReasonWriter(policy.data)
        self.candidates: dict[Category, Candidate] = {}

    def gather(self) -> dict[Category, Candidate]:
        """All candidates, with every rule applied. The order matters only for the order of reasons."""
        self._add_labels()
        self._add_exits()
        self._add_text()
        self._add_places()
        self._add_amounts()
        return self.candidates

    def _candidate(self, category: Category) -> Candidate:
        return self.candidates.setdefault(category, Candidate(category, self._data.categories[category].urgency))

    def _add_labels(self) -> None:
        for hazard, labels in labels_by_hazard(self._photos).items():
            candidate = self._candidate(hazard)
            curve = self._model.curves.get(hazard)
            best = self._photos.best[labels[0]]
            candidate.seen = curve(best) if curve else min(best, self._data.numbers.uncalibrated_cap)
            candidate.measured = curve is not None
            candidate.score, candidate.stands_from = best, curve.stands_from if curve else 0.0
            for label in labels:
                score = self._photos.best[label]
                likely = curve is not None and curve(score) >= self._data.numbers.play_floor
                if self._photos.counts(label) or likely:
                    self._add_label(candidate, label, score)

    def _add_label(self, candidate: Candidate, label: str, score: float) -> None:
        candidate.in_play = candidate.in_photo = True
        known = self._data.labels.get(label)
        if known is not None:
            candidate.raise_to(known.urgency)
        code = known.code if known else "label_seen"
        candidate.reasons.append(
            self._write.say("label_seen", called=code, label=self._write.label(label), score=score)
        )

    def _add_exits(self) -> None:
        for rule in self._data.exit_rules:
            pairs = [pair for photo in self._photos.photos if (pair := find_blocked(rule, photo))]
            if not pairs:
                continue
            sure = [rule.confidence * min(self._believed(pair.obstacle), pair.exit.score) for pair in pairs]
            best = pairs[sure.index(max(sure))]
            obstacle, exit_ = self._write.label(best.obstacle.label), self._write.label(best.exit.label)
            reason = self._write.fill(rule.id, rule.reason, obstacle=obstacle, exit=exit_)
            self._derive(rule.category, max(sure), reason)

    def _add_places(self) -> None:
        for rule in self._data.place_rules:
            hit = self._text.fired.get(rule.id)
            seen = [seen for photo in self._photos.photos for seen in photo.of(rule.obstacles)]
            if hit is None or not seen:
                continue
            best = max(seen, key=self._believed)
            label = self._write.label(best.label)
            reason = self._write.fill(rule.id, rule.reason, obstacle=label, word=hit.word)
            self._derive(rule.category, rule.confidence * self._believed(best), reason)

    def _derive(self, category: Category, confidence: float, reason: Reason) -> None:
        candidate = self._candidate(category)
        candidate.derived = max(candidate.derived, min(confidence, self._data.numbers.uncalibrated_cap))
        candidate.in_play = candidate.in_photo = candidate.superseding = True
        candidate.reasons.append(reason)

    def _believed(self, seen: Seen) -> float:
        hazard = self._photos.rules[seen.label].hazard
        curve = self._model.curves.get(hazard) if hazard is not None else None
        return curve(seen.score) if curve else seen.score

    def _add_text(self) -> None:
        """Apply the rules that fired, but for one that only repeats what a surer rule says of the same category."""
        factor = self._data.numbers.uncertain_factor
        fired = [(rule, hit) for rule in self._data.text_rules if (hit := self._text.fired.get(rule.id))]
        said = {rule.id: rule.confidence * (factor if hit.uncertain else 1) for rule, hit in fired}
        for rule, hit in fired:
            candidate = self._candidate(rule.category)
            surest = max(said[other.id] for other, _ in fired if other.category is rule.category)
            if said[rule.id] < surest and rule.urgency is Urgency.NONE:
                continue
            candidate.said = surest
            candidate.in_play = True
            candidate.raise_to(rule.urgency)
            if hit.uncertain:
                candidate.doubted = candidate.doubted or hit.word
            else:
                candidate.certain = candidate.superseding = True
            names = self._write.category(rule.category)
            candidate.reasons.append(self._write.say("text_named", called=rule.id, category=names, word=hit.word))
            self._add_support(candidate)

    def _add_support(self, candidate: Candidate) -> None:
        labels = [name for name in self._data.categories[candidate.category].supported_by if self._photos.counts(name)]
        if labels:
            best = max(self._photos.best[name] for name in labels)
            candidate.derived = max(candidate.derived, min(best, self._data.numbers.uncalibrated_cap))
            candidate.in_photo = True

    def _add_amounts(self) -> None:
        for rule in self._data.amount_rules:
            amounts = [found for photo in self._photos.photos if (found := amount(rule, photo))]
            candidate = self.candidates.get(rule.category)
            if amounts and candidate is not None and candidate.in_play:
                count, share = max(amounts)
                candidate.raise_to(rule.raise_to)
                candidate.reasons.append(self._write.fill(rule.id, rule.reason, count=count, share=share))


def raise_by_words(data: PolicyData, text: TextFindings, candidates: list[Candidate]) -> list[Reason]:
    """Apply the modifiers whose words fired to every candidate that they are for; a reason for each that applied."""
    write = ReasonWriter(data)
    fired = [(rule, text.fired[rule.id]) for rule in data.modifiers if rule.id in text.fired]
    steps: dict[Category, int] = {}
    reasons: list[Reason] = []
    for rule, hit in fired:
        meant = [candidate for candidate in candidates if not rule.categories or candidate.category in rule.categories]
        for candidate in meant:
            steps[candidate.category] = max(steps.get(candidate.category, 0), rule.raise_by or 0)
        if meant:
            reasons.append(write.fill(rule.id, rule.reason, word=hit.word))
    for candidate in candidates:
        ladder = list(Urgency)
        candidate.raise_to(ladder[min(candidate.level.rank + steps.get(candidate.category, 0), len(ladder) - 1)])
        for rule, _ in fired:
            if rule.raise_to is not None and (not rule.categories or candidate.category in rule.categories):
                candidate.raise_to(rule.raise_to)
    return reasons
