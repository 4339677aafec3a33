"""How words are found: every word of the shipped policy works, and no text is too odd or too long."""

import pytest

from hazardlens.model.triage.lexicon import Lexicon, Normaliser
from hazardlens.model.triage.text import TextReader, rule_wordings
from hazardlens.model.triage.words import Wording
from support.triage import shipped_policy

READER: TextReader = shipped_policy().reader
WORDINGS = dict(rule_wordings(shipped_policy().data))


@pytest.mark.parametrize("rule_id", WORDINGS)
def test_every_word_works(rule_id: str) -> None:
    """No word is dead: not hidden by a mask, not denied by itself, not out of reach of its subject."""
    for words in (WORDINGS[rule_id].zh, WORDINGS[rule_id].en):
        pairs = [(about, words.state[0]) for about in words.about] + [(words.about[0], state) for state in words.state]
        texts = [*words.phrases, *(f"{about} {state}" for about, state in pairs)]
        assert [text for text in texts if rule_id not in READER.read(text).fired] == []


def test_every_mask_hides_something() -> None:
    reading = shipped_policy().data.reading
    tables = (reading.zh, reading.en)
    small = {word for table in tables for word in (*table.negation, *table.negation_adjacent, *table.resolved)}
    small |= {word for table in tables for word in (*table.reopened, *table.negation_stops)}
    lexicon = Lexicon(small.union(*(_all_words(wording) for wording in WORDINGS.values())))
    masks = [*reading.zh.masks, *reading.en.masks]
    assert [mask for mask in masks if all(span.word == mask for span in lexicon.find(mask))] == []


def _all_words(wording: Wording) -> set[str]:
    return {word for part in (wording.zh, wording.en) for word in (*part.about, *part.state, *part.phrases)}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Ｃａｂｌｅ　Ｃａｒ", "cable car"),
        ("井蓋", "井盖"),
        ("don’t 'quote' `me`", "dont quote me"),
        ("a\u200bb\u00adc\ufe0f", "abc"),
        ("一，二。三！四?", "一,二.三.四."),
        ("a\r\n\tb", "a.. b"),
        ("e-bike/scooter_x", "e bike scooter x"),
        ("🕳️x👨‍👩‍👧y", "x y"),
        ("\ud800x", "x"),
        ("ﬁre ①", "fire 1"),
        ("", ""),
        ("\x00\x07", ""),
    ],
    ids=[
        "full width",
        "variants",
        "quotes",
        "invisible",
        "breaks",
        "lines",
        "joins",
        "emoji",
        "surrogate",
        "ligature",
        "empty",
        "control",
    ],
)
def test_normalises(text: str, plain: str) -> None:
    assert Normaliser(100, shipped_policy().data.reading.variant_map)(text) == plain


def test_normalising_is_bounded_after_expansion() -> None:
    assert len(Normaliser(100, {})("\ufdfa" * 10_000)) <= 100


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cables", ["cable"]),
        ("boxes and box", ["box", "box"]),
        ("entries", ["entry"]),
        ("cabled scable cable1", []),
        ("电缆cable电缆", ["电缆", "cable", "电缆"]),
        ("电缆沟", ["电缆", "电缆沟", "沟"]),
        ("c", []),
        ("", []),
    ],
)
def test_finds_whole_words(text: str, words: list[str]) -> None:
    lexicon = Lexicon(["cable", "box", "entry", "电缆", "电缆沟", "沟"])
    assert [span.word for span in lexicon.find(text)] == words


def test_reads_no_further_than_its_bound() -> None:
    bound = shipped_policy().data.reading.max_chars
    far = READER.read("啊" * bound + "水管漏水")
    assert far.truncated
    assert not far.fired
    assert READER.read("啊" * (bound - 4) + "水管漏水").fired.keys() == {"text_pipe"}


@pytest.mark.parametrize(
    "unit",
    [
        "没有井盖不是",
        "fire exit not blocked ",
        "堆",
        "已修好井盖坏了",
        "防火墙",
        "\ufdfa",
        "(((",
        "井" * 3 + "盖",
        "\u0301",
        "又修好了",
        "🕳️",
    ],
)
def test_hostile_repetition_does_bounded_work(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 characters cost no more look-ups than the bound allows: the rest is never touched."""
    lengths: list[int] = []
    find = Lexicon.find

    def measured(self: Lexicon, text: str) -> list[object]:
        lengths.append(len(text))
        return list(find(self, text))

    monkeypatch.setattr(Lexicon, "find", measured)
    findings = READER.read(unit * (100_000 // len(unit)))
    assert findings.truncated
    assert max(lengths, default=0) <= shipped_policy().data.reading.max_chars


def test_certain_words_win_over_a_guess() -> None:
    hit = READER.read("可能是水管漏水。水管破裂了！").fired["text_pipe"]
    assert not hit.uncertain
    assert hit.word == "水管…破裂"


def test_a_mention_that_stands_elsewhere_is_not_denied() -> None:
    findings = READER.read("没有电缆垂落。那边电缆断了")
    assert "text_cable" in findings.fired
    assert "text_cable" not in findings.denied
