"""The tables of `policy.toml` that hold words: those that make a rule fire, and those that change what others mean."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Words = tuple[Text, ...]


class Table(BaseModel):
    """Base of all tables: frozen, nothing unknown, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WordSet(Table):
    """Words of one language. A `state` counts next to an `about`; a phrase counts on its own."""

    about: Words = ()
    state: Words = ()
    phrases: Words = ()


class Wording(Table):
    """Words that make a rule fire, in both languages."""

    zh: WordSet = WordSet()
    en: WordSet = WordSet()


class ParticleWords(Table):
    """Small words of one language that change what others mean. See docs/triage.md for each list.

    Attributes:
        reach: characters between subject and state in one sentence, at most.
        reach_back: the same where the state comes first ("missing manhole cover").
        negation_window: characters (zh) or words (en) from a negation to what it denies, at most.
        negation: words that deny what follows within the window, unless one of `negation_stops` stands between.
        negation_adjacent: words that deny only what follows at once.
        uncertain: words that make what follows in the sentence a guess or a question.
        resolved: words that take back what was said before, unless one of `reopened` follows.
        masks: longer words that hide the shorter ones inside them.
    """

    reach: Annotated[int, Field(ge=0, le=200)]
    reach_back: Annotated[int, Field(ge=0, le=200)]
    negation_window: Annotated[int, Field(ge=0, le=20)]
    negation: Words
    negation_adjacent: Words = ()
    negation_stops: Words = ()
    uncertain: Words
    resolved: Words
    reopened: Words
    masks: Words


class Reading(Table):
    """How text is read: the bound on its length, `variants` (pairs: the first is read as the second), and particles."""

    max_chars: Annotated[int, Field(ge=100, le=100_000)]
    variants: str
    zh: ParticleWords
    en: ParticleWords

    @field_validator("variants")
    @classmethod
    def _pairs(cls, variants: str) -> str:
        for pair in variants.split():
            if len(pair) != 2:
                raise ValueError(f"needs pairs of characters, has {pair!r}")
        return variants

    @property
    def variant_map(self) -> dict[str, str]:
        """Character to the one that it is read as."""
        return {pair[0]: pair[1] for pair in self.variants.split()}
