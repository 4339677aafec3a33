"""Reads what a person wrote: which rules of the policy its words make fire, and which they deny."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.lexicon import CLAUSE_BREAK, SENTENCE_BREAK, Lexicon, Normaliser, Span
from hazardlens.model.triage.particles import Circumstances, Particles, Sentences
from hazardlens.model.triage.schema import PolicyData, WordRule
from hazardlens.model.triage.words import Wording


class Hit(NamedTuple):
    """What made a rule fire."""

    word: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class TextFindings:
    """What a text says, as far as the policy has words for it.

    Attributes:
        empty: nothing was written that can be read.
        truncated: the text was longer than the policy reads.
        fired: rule id to the words that made it fire; certain words win over uncertain ones.
        denied: rules whose words stand only under a negation.
        resolved: rules whose words stand only in what the text says is over.
        settled: the text says that nothing is wrong, or no longer, and adds no "but".
    """

    empty: bool = True
    truncated: bool = False
    fired: Mapping[str, Hit] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()
    settled: bool = False


class _Mention(NamedTuple):
    rule_id: str
    word: str
    start: int
    state: int


class _Words(NamedTuple):
    about: dict[str, list[str]]
    state: dict[str, list[str]]
    phrases: dict[str, list[str]]


class TextReader:
    """The policy's words, ready to read texts with. Reading is pure and never fails."""

    def __init__(self, data: PolicyData) -> None:
        """Normalise and index all words of the policy."""
        self._normalise = Normaliser(data.reading.max_chars, data.reading.variant_map)
        self._particles = Particles(data.reading, self._normalise)
        self._naming = frozenset(rule.id for rule in (*data.text_rules, *data.place_rules))
        self._words = _Words({}, {}, {})
        for rule_id, wording in rule_wordings(data):
            for words in (wording.zh, wording.en):
                for index, group in zip(self._words, (words.about, words.state, words.phrases), strict=True):
                    for word in group:
                        index.setdefault(self._normalise(word), []).append(rule_id)
        self._small_words = self._particles.words
        self._holders = self._small_words | self._words.state.keys() | self._words.phrases.keys()
        self._lexicon = Lexicon(self._holders | self._words.about.keys())

    def read(self, text: str) -> TextFindings:
        """What `text` says. Only its first `max_chars` characters are read."""
        plain = self._normalise(text)
        if not plain.strip(SENTENCE_BREAK + CLAUSE_BREAK + " "):
            return TextFindings(truncated=self._normalise.cuts(text))
        spans = _without_covered(self._lexicon.find(plain), self._particles.masks)
        sentences = Sentences.of(plain)
        circumstances = Circumstances(self._particles, sentences, self._visible_particles(spans))
        mentions = [*self._phrases(spans), *self._pairs(spans, sentences)]
        return self._judge(mentions, circumstances, truncated=self._normalise.cuts(text))

    def _judge(self, mentions: list[_Mention], circumstances: Circumstances, *, truncated: bool) -> TextFindings:
        over = circumstances.over([mention.state for mention in mentions]) if circumstances.endings else set()
        fired: dict[str, Hit] = {}
        denied: set[str] = set()
        resolved: set[str] = set()
        settling = [ending.start for ending in circumstances.endings]
        for mention in mentions:
            if circumstances.denied(mention.start) or circumstances.denied(mention.state):
                denied.add(mention.rule_id)
                settling += [mention.state] if mention.rule_id in self._naming else []
            elif mention.state in over and mention.rule_id in self._naming:
                resolved.add(mention.rule_id)
            elif mention.rule_id not in fired or fired[mention.rule_id].uncertain:
                fired[mention.rule_id] = Hit(mention.word, circumstances.uncertain(mention.state))
        return TextFindings(
            empty=False,
            truncated=truncated,
            fired=fired,
            denied=frozenset(denied - fired.keys()),
            resolved=frozenset(resolved - fired.keys()),
            settled=bool(settling) and not circumstances.reopened_after(max(settling)),
        )

    def _visible_particles(self, spans: list[Span]) -> list[Span]:
        """Particles that are not part of a longer word: "不是" in "是不是", "没" in the phrase "没有井盖"."""
        return [span for span in _without_covered(spans, self._holders) if span.word in self._small_words]

    def _phrases(self, spans: list[Span]) -> Iterator[_Mention]:
        for span in spans:
            for rule_id in self._words.phrases.get(span.word, ()):
                yield _Mention(rule_id, span.word, span.start, span.start)

    def _pairs(self, spans: list[Span], sentences: Sentences) -> Iterator[_Mention]:
        """States with their subject: the nearest of those that the state can belong to."""
        subjects = _Subjects(self._words.about, spans)
        for span in spans:
            rules = self._words.state.get(span.word, ())
            near = [
                (gap, about, rule_id)
                for rule_id in rules
                for gap, about in subjects.around(span, rule_id)
                if self._belongs(span, about, sentences.text)
            ]
            for gap, about, rule_id in near:
                if gap == min(near)[0]:
                    first, last = sorted((about, span))
                    yield _Mention(rule_id, f"{first.word}…{last.word}", first.start, span.start)

    def _belongs(self, state: Span, about: Span, text: str) -> bool:
        """Whether a state is near enough to a subject: ahead within the sentence, behind within the clause."""
        table = self._particles.table_for(state.word)
        if about.start < state.start:
            between = text[about.end : state.start]
            return len(between) <= table.reach and SENTENCE_BREAK not in between
        between = text[state.end : about.start]
        return len(between) <= table.reach_back and SENTENCE_BREAK not in between and CLAUSE_BREAK not in between


class _Subjects:
    """Where each rule's subjects stand in one text."""

    def __init__(self, index: Mapping[str, list[str]], spans: Iterable[Span]) -> None:
        self._by_start: dict[str, list[Span]] = {}
        for span in spans:
            for rule_id in index.get(span.word, ()):
                self._by_start.setdefault(rule_id, []).append(span)
        self._by_end = {key: sorted(found, key=lambda span: span.end) for key, found in self._by_start.items()}

    def around(self, state: Span, rule_id: str) -> Iterator[tuple[int, Span]]:
        """The nearest subject before and after a state, each with the characters between."""
        by_end, by_start = self._by_end.get(rule_id, []), self._by_start.get(rule_id, [])
        before = bisect_right(by_end, state.start, key=lambda span: span.end)
        if before:
            yield state.start - by_end[before - 1].end, by_end[before - 1]
        after = bisect_left(by_start, state.end, key=lambda span: span.start)
        if after < len(by_start):
            yield by_start[after].start - state.end, by_start[after]


def rule_wordings(data: PolicyData) -> Iterator[tuple[str, Wording]]:
    """Every rule that has words, by id: text rules, modifiers, place rules, and codes that depend on words."""
    rules: tuple[WordRule, ...] = (*data.text_rules, *data.modifiers, *data.place_rules)
    for rule in rules:
        yield rule.id, rule
    for category, entry in data.categories.items():
        for code in entry.codes:
            if code.words is not None:
                yield code_rule_id(category, code.code), code.words


def code_rule_id(category: Category, code: str) -> str:
    """The id under which the words of a category's code are looked up."""
    return f"code:{category}:{code}"


def _without_covered(spans: list[Span], holders: frozenset[str]) -> list[Span]:
    """The spans that are not part of a longer one whose word is among `holders`."""
    covers = [span for span in spans if span.word in holders]
    kept: list[Span] = []
    first = 0
    for span in spans:  # both lists run by start; a cover that ended before this span can hold none that follows
        while first < len(covers) and covers[first].end < span.start:
            first += 1
        if not any(_covers(cover, span) for cover in _reaching(covers, first, span)):
            kept.append(span)
    return kept


def _reaching(covers: list[Span], first: int, span: Span) -> Iterator[Span]:
    for index in range(first, len(covers)):
        if covers[index].start > span.start:
            return
        yield covers[index]


def _covers(cover: Span, span: Span) -> bool:
    longer = cover.end - cover.start > span.end - span.start
    return longer and cover.start <= span.start and span.end <= cover.end
