"""Finds the policy's words in a text, all of them in one pass, without regular expressions.

Words are plain strings, so no entry of the data file can be slow: the cost is the text's (bounded) length times the few
words that share their first two characters.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

SENTENCE_BREAK = "."
CLAUSE_BREAK = ","
_SENTENCE_ENDERS = frozenset(".!?;。\n\r\v\f\u2028\u2029")
_CLAUSE_ENDERS = frozenset(",:、()[]{}<>《》【】「」『』〈〉")
_DROPPED = frozenset("'\"`’‘“”´")
_DROPPED_KINDS = frozenset(("Cf", "Cc", "Cs", "Mn", "Me", "Mc", "Lm", "Sk"))


class Span(NamedTuple):
    """Where a word stands in the normalised text, end exclusive."""

    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Brings a text to the one form in which words are looked up."""

    max_chars: int
    variants: Mapping[str, str]

    def __call__(self, text: str) -> str:
        """At most `max_chars` characters: NFKC, lower case, variants unified, and only " ", "," and "." as marks."""
        folded = unicodedata.normalize("NFKC", text[: self.max_chars]).casefold()[: self.max_chars]
        plain = "".join(char if char.isascii() and char.isalnum() else self._plain(char) for char in folded)
        return " ".join(plain.split())

    def cuts(self, text: str) -> bool:
        """Whether `text` is longer than what is read of it."""
        return len(text) > self.max_chars

    def _plain(self, char: str) -> str:
        if char in _SENTENCE_ENDERS:
            return SENTENCE_BREAK
        if char in _CLAUSE_ENDERS:
            return CLAUSE_BREAK
        if char in _DROPPED:
            return ""
        if char.isalnum():
            return self.variants.get(char, char)
        return "" if not char.isspace() and unicodedata.category(char) in _DROPPED_KINDS else " "


class Lexicon:
    """A set of words, looked up together."""

    def __init__(self, words: Iterable[str]) -> None:
        """Index `words`, which must be normalised and not empty."""
        self._single: dict[str, list[tuple[str, str]]] = {}
        self._longer: dict[str, list[tuple[str, str]]] = {}
        for word in sorted(set(words)):
            for form in _forms(word):
                index = self._single if len(form) == 1 else self._longer
                index.setdefault(form[:2], []).append((form, word))

    def find(self, text: str) -> list[Span]:
        """Every occurrence of every word, overlapping ones too, by start. Latin words match whole, plurals included."""
        return [
            Span(start, start + len(form), word)
            for start in range(len(text))
            for form, word in (*self._single.get(text[start], ()), *self._longer.get(text[start : start + 2], ()))
            if text.startswith(form, start) and _whole(text, start, start + len(form))
        ]


def _forms(word: str) -> list[str]:
    if not is_latin(word[-1]):
        return [word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return [word, word[:-1] + "ies"]
    return [word, word + "s", word + "es"]


def is_latin(char: str) -> bool:
    """Whether a character belongs to words that are written with spaces between them."""
    return char.isascii() and char.isalnum()


def _whole(text: str, start: int, end: int) -> bool:
    cut_left = is_latin(text[start]) and start > 0 and is_latin(text[start - 1])
    cut_right = is_latin(text[end - 1]) and end < len(text) and is_latin(text[end])
    return not cut_left and not cut_right
