"""The page of faults names tests that exist, in every row."""

import re

from support.project import REPO, files_below

PAGE = (REPO / "docs/faults.md").read_text("utf-8")
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def test_every_row_names_a_test_that_exists() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith(("| test |", "--- |"))]
    assert len(rows) > 15
    for row in rows:
        named = NAMED.findall(row.rpartition(" | ")[2])
        assert named, row
        for file, test in named:
            found = [path.read_text("utf-8") for path in files_below("tests", file)]
            assert any(f"\ndef {test}(" in text for text in found), test


def test_every_test_of_faults_is_on_the_page() -> None:
    tests = {
        (path.name, test)
        for path in (REPO / "tests/faults").glob("test_*.py")
        for test in re.findall(r"(?m)^def (test_\w+)", path.read_text("utf-8"))
    }
    assert sorted(tests - set(NAMED.findall(PAGE))) == []
