"""Small words that change what others mean: "not", "perhaps", "already fixed", "again"."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from hazardlens.model.triage.lexicon import CLAUSE_BREAK, SENTENCE_BREAK, Normaliser, Span, is_latin
from hazardlens.model.triage.words import ParticleWords, Reading

_LONGEST_GAP: Final = 60
"""Characters that a negation can reach back, whatever its window: it bounds the work on hostile texts."""


class Particles:
    """The particles that a reading table lists, and their meaning in one text."""

    def __init__(self, reading: Reading, normalise: Normaliser) -> None:
        """Normalise the lists of both languages."""

        def both(pick: str) -> frozenset[str]:
            return frozenset(normalise(word) for table in (reading.zh, reading.en) for word in getattr(table, pick))

        self.negation, self.adjacent, self.uncertain = both("negation"), both("negation_adjacent"), both("uncertain")
        self.resolved, self.reopened, self.masks = both("resolved"), both("reopened"), both("masks")
        self.stops = both("negation_stops")
        self.tables: Mapping[bool, ParticleWords] = {True: reading.en, False: reading.zh}

    @property
    def words(self) -> frozenset[str]:
        """All particles, and the masks."""
        return self.negation | self.adjacent | self.stops | self.uncertain | self.resolved | self.reopened | self.masks

    def table_for(self, word: str) -> ParticleWords:
        """The table of the word's language."""
        return self.tables[is_latin(word[-1])]


class Sentences(NamedTuple):
    """A text and the positions of its sentence breaks."""

    text: str
    breaks: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "Sentences":
        """Find the breaks."""
        return cls(text, [index for index, char in enumerate(text) if char == SENTENCE_BREAK])

    def number(self, position: int) -> int:
        """Which sentence a position is in, from 0."""
        return bisect_right(self.breaks, position)


class Circumstances:
    """Which stretches of one text are denied, uncertain, or said to be over."""

    def __init__(self, particles: Particles, sentences: Sentences, spans: Iterable[Span]) -> None:
        """Sort `spans`, of which only particles count."""
        self._particles, self._sentences = particles, sentences
        spans = list(spans)
        self._negations = sorted(
            (span for span in spans if span.word in particles.negation or span.word in particles.adjacent),
            key=lambda span: span.end,
        )
        self._negation_ends = [span.end for span in self._negations]
        self._stops = sorted(span.start for span in spans if span.word in particles.stops)
        self._uncertain: dict[int, int] = {}
        for span in spans:
            if span.word in particles.uncertain:
                self._uncertain.setdefault(sentences.number(span.start), span.start)
        self._reopened = sorted(span.start for span in spans if span.word in particles.reopened)
        self.endings = [span for span in spans if span.word in particles.resolved and self._stands(span)]

    def reopened_after(self, position: int) -> bool:
        """Whether an "again", "still" or "but" follows."""
        return bool(self._reopened) and self._reopened[-1] > position

    def denied(self, position: int) -> bool:
        """Whether a negation reaches the word that starts at `position`."""
        first = bisect_left(self._negation_ends, position - _LONGEST_GAP)
        last = bisect_right(self._negation_ends, position)
        return any(self._reaches(span, position) for span in self._negations[first:last])

    def uncertain(self, position: int) -> bool:
        """Whether the sentence asks or guesses before it comes to `position`."""
        return self._uncertain.get(self._sentences.number(position), position) < position

    def over(self, starts: Sequence[int]) -> set[int]:
        """Of the `starts` of mentions, those that a later "already fixed" takes back.

        It takes back what its own sentence said before it, or, where that is nothing, what the sentence before said.
        """
        taken: set[int] = set()
        for ending in self.endings:
            number = self._sentences.number(ending.start)
            before = [start for start in starts if start < ending.start]
            same = [start for start in before if self._sentences.number(start) == number]
            taken.update(same or [start for start in before if self._sentences.number(start) == number - 1])
        return taken

    def _stands(self, ending: Span) -> bool:
        number = self._sentences.number(ending.start)
        later = self._reopened[bisect_left(self._reopened, ending.end) :]
        reopened = bool(later) and self._sentences.number(later[0]) <= number + 1
        return not (reopened or self.uncertain(ending.start) or self.denied(ending.start))

    def _reaches(self, negation: Span, position: int) -> bool:
        gap = self._sentences.text[negation.end : position]
        if SENTENCE_BREAK in gap or CLAUSE_BREAK in gap or self._stopped(negation.end, position):
            return False
        if negation.word in self._particles.adjacent:
            return not gap
        window = self._particles.table_for(negation.word).negation_window
        if is_latin(negation.word[-1]):
            return len(gap.split()) <= window
        return len(gap) <= window and " " not in gap

    def _stopped(self, start: int, end: int) -> bool:
        after = bisect_left(self._stops, start)
        return after < len(self._stops) and self._stops[after] < end
