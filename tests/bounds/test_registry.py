"""Every setting that bounds something has a test that reaches it, and a line in the guide."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from hazardlens.serve.settings import PREFIX, Settings
from support.bounds import BOUNDS, UNBOUNDED
from support.project import REPO

LOOKS_BOUNDED: Final = re.compile(
    r"^max_|_timeout_s$|_length$|_per_minute$|_backlog$|_attempts$|_grace_|^retention_|_bytes$|_chars$|_pixels$|_px$"
)


def test_each_setting_bounds_something_or_has_a_reason_why_not() -> None:
    assert not BOUNDS.keys() & UNBOUNDED.keys()
    assert BOUNDS.keys() | UNBOUNDED.keys() == Settings.model_fields.keys()
    assert all(UNBOUNDED.values())


def test_nothing_that_sounds_like_a_bound_is_listed_as_none() -> None:
    assert [name for name in UNBOUNDED if LOOKS_BOUNDED.search(name)] == []


@pytest.mark.parametrize("setting", BOUNDS)
def test_the_named_test_is_there_and_speaks_of_the_setting(setting: str) -> None:
    path, _, name = BOUNDS[setting].partition("::")
    assert name in functions_of(REPO / path)
    assert re.search(rf"\b{setting}\b", (REPO / path).read_text("utf-8"))


def test_the_guide_has_a_line_for_each() -> None:
    guide = (REPO / "docs" / "settings.md").read_text("utf-8")
    assert [name for name in BOUNDS if f"`{PREFIX}{name.upper()}`" not in guide] == []


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
