"""docs/triage.md says what the policy does."""

import json
import re
from pathlib import Path

import pytest

from hazardlens.model.triage import Decision, decide
from hazardlens.model.triage.reasons import REASON_FIELDS
from hazardlens.model.triage.schema import Numbers
from support.triage import MEASURED, photo, seen, shipped_policy

PAGE = (Path(__file__).parents[3] / "docs" / "triage.md").read_text("utf-8")
DATA = shipped_policy().data


def test_the_example_is_what_comes_out() -> None:
    shown = re.search(r"```json\n(.+?)```", PAGE, re.DOTALL)
    assert shown is not None
    door, heap = (400.0, 200.0, 600.0, 600.0), (420.0, 430.0, 620.0, 650.0)
    evidence = [photo(seen("exit_door", 0.82, door), seen("stacked_clutter", 0.91, heap))]
    decision = decide(evidence, "幼儿园后门的楼道里堆满了杂物", policy=shipped_policy(), model=MEASURED)
    assert Decision.model_validate(json.loads(shown[1])) == decision


@pytest.mark.parametrize("name", [*Numbers.model_fields, *REASON_FIELDS, *DATA.categories])
def test_names_every_number_reason_and_category(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("rule", [*DATA.modifiers, *DATA.amount_rules], ids=lambda rule: rule.id)
def test_names_everything_that_raises_an_urgency(rule: object) -> None:
    assert f"`{getattr(rule, 'id', '')}`" in PAGE


@pytest.mark.parametrize("category", DATA.categories)
def test_the_table_of_defaults_agrees(category: str) -> None:
    rule = next(rule for key, rule in DATA.categories.items() if key == category)
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{category}` | {rule.zh} |"))
    urgency, route = row.split("|")[3:5]
    assert urgency.strip().startswith(f"{rule.urgency} {DATA.urgencies[rule.urgency].zh}")
    assert DATA.routes[rule.route].zh in route
