"""docs/cli.md names every command and option, and each command's help has an example."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from hazardlens.cli.main import app


def _commands(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """All commands below this one that do something themselves."""
    if isinstance(command, TyperCommand):
        yield name, command
    if isinstance(command, TyperGroup):
        for word, child in command.commands.items():
            yield from _commands(child, f"{name} {word}")


COMMANDS = list(_commands(get_command(app), "hazardlens"))
EACH = pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])


@EACH
def test_the_page_names_the_command_and_its_options(repo: Path, name: str, command: TyperCommand) -> None:
    text = (repo / "docs" / "cli.md").read_text("utf-8")
    assert f"`{name}" in text
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert sorted(option for option in options - {"--help"} if f"`{option}" not in text) == []


@EACH
def test_help_shows_an_example(name: str, command: TyperCommand) -> None:
    told = f"{command.help} {command.epilog or ''}"
    assert "Example" in told
    assert name in told
