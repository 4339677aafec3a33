import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.cli.terminal import json_line, path_text, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("井盖 👩‍🚒 é.jpg", "井盖 👩‍🚒 é.jpg", id="letters and emoji stay"),
        pytest.param("\x1b[2J", "\\x1b[2J", id="terminal escape"),
        pytest.param("a\nb\r", "a\\nb\\r", id="line breaks"),
        pytest.param("\x9b31m", "\\x9b31m", id="escape of one byte"),
        pytest.param("gpj.\u202eevil", "gpj.\\u202eevil", id="direction override"),
        pytest.param("a\u2028b", "a\\u2028b", id="line separator"),
        pytest.param("\ud800", "\\ud800", id="half a pair"),
        pytest.param("[red]x[/red]", "[red]x[/red]", id="markup is text"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_printable_is_a_control(text: str) -> None:
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in printable(text))


def test_a_path_of_odd_bytes_becomes_text() -> None:
    assert path_text("caf\udce9.jpg") == "caf\\xe9.jpg"
    assert path_text("门.jpg") == "门.jpg"


@given(st.dictionaries(st.text(), st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_json_line_is_one_line_and_gives_the_same_back(document: dict[str, str]) -> None:
    document = {key.encode("utf-8", "replace").decode(): value for key, value in document.items()}
    line = json_line(document)
    assert json.loads(line) == document
    assert line.count(b"\n") == 1
    assert len(line.decode().splitlines()) == 1


def test_a_json_line_keeps_chinese_readable_and_escapes_what_steers() -> None:
    line = json_line({"path": "井盖\x1b\u202e\x9b\ud800"})
    assert line.decode() == '{"path":"井盖\\u001b\\u202e\\u009b\\ud800"}\n'
