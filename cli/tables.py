"""Tables of figures on a terminal."""

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from hazardlens.training.measuring.tables import TextTable


_TEXTS = {"name", "source", "hazard", "harmless photos", "condition", "evaluation"}


def show_table(table: "TextTable") -> None:
    """Print a table; rows of one kind form a part under its name, which saves a column."""
    with_kinds = table.header[0] == "kind"
    shown = Table(title=table.title, caption=table.note, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for column in table.header[with_kinds:]:
        is_text = column in _TEXTS
        shown.add_column(column, justify="left" if is_text else "right", no_wrap=True)
    kind = ""
    for row in table.rows:
        if with_kinds and row[0] != kind:
            kind = row[0]
            shown.add_row(f"[bold]{kind}s[/bold]")
        shown.add_row(*(escape(cell) for cell in row[with_kinds:]))
    Console().print(shown, "")
