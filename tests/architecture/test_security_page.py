"""The threat model names tests that exist, and every part of the service that somebody could come through."""

import re

import pytest

from support.project import REPO, files_below

PAGE = (REPO / "docs/security.md").read_text("utf-8")
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
SURFACES = (
    "Uploads",
    "Pages",
    "Keys",
    "Sessions",
    "Setup and password links",
    "Exports",
    "Model bundles",
    "Webhooks",
    "Logs",
)


def _tests_in(name: str) -> set[str]:
    found = [path for path in files_below("tests", "test_*.py") if path.name == name]
    return {test for path in found for test in re.findall(r"(?m)^(?:async )?def (test_\w+)", path.read_text("utf-8"))}


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 80
    assert sorted({f"{file}::{test}" for file, test in named if test not in _tests_in(file)}) == []


def test_every_row_names_what_shows_it() -> None:
    sections = PAGE.partition("\n## Uploads")[2].partition("\n## What is not stopped")[0]
    rows = [
        line for line in sections.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))
    ]
    assert len(rows) > 50
    assert [row for row in rows if not NAMED.search(row.rpartition(" | ")[2])] == []


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_has_a_section(surface: str) -> None:
    assert re.search(rf"(?m)^## {surface}\b", PAGE)
