"""What the commands that need the training extra share: one line instead of a traceback, and a progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hazardlens.cli.terminal import tell
from hazardlens.model.errors import HazardlensError

_OURS = "hazardlens"


@contextmanager
def training_command() -> Iterator[None]:
    """Turn a missing training extra, and every mistake that we know, into one line and exit code 2."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == _OURS or find_spec(missing or _OURS) is not None:
            raise  # a fault of ours, not a missing extra
        tell(f"error: this command needs the training extra ({missing} is missing): pip install 'hazardlens[training]'")
        raise typer.Exit(2) from error
    except HazardlensError as error:
        tell(f"error: {error}")
        raise typer.Exit(2) from error


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, and the function that moves it to (done, total); silent where there is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
