"""Bars on standard error: one for many files, and one for each clip at work."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from hazardlens.cli.terminal import shown_path

_MANY_FILES: Final = 8


class Bars:
    """Shows how far the work is, where somebody can see it; every method may be called from any thread."""

    def __init__(self, files: int, *, silent: bool) -> None:
        """Begin without a bar.

        Args:
            files: how many there are.
            silent: show none, because other things are written to the same terminal.
        """
        console = Console(stderr=True)
        self._silent = silent or not console.is_terminal
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=self._silent)
        self._all = self._progress.add_task("Classifying", total=files, visible=files > 1)
        self._files = files
        self._clips: dict[Path, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Show the bar of all files where there are many; others come when a clip does."""
        if self._files >= _MANY_FILES:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away."""
        self._progress.stop()

    def clip(self, path: Path, done: float) -> None:
        """A clip is so far, 0..1."""
        if self._silent:
            return
        with self._lock:
            if path not in self._clips:
                self._progress.start()
                task = self._progress.add_task(
                    shown_path(path.name),
                    total=1.0,
                    completed=done,  # type: ignore[arg-type] # declared as int, and a float wherever it is used
                )
                self._clips[path] = task
            self._progress.update(self._clips[path], completed=done)

    def finished(self, path: Path) -> None:
        """A file is done with."""
        with self._lock:
            if path in self._clips:
                self._progress.remove_task(self._clips.pop(path))
            self._progress.advance(self._all)
