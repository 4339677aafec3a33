"""What the project says of itself in its files, read once for the tests that compare such sayings."""

import functools
import tomllib
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
PACKAGE_FOLDERS = ("cli", "model", "serve", "training")
SCRIPT_FOLDERS = ("benchmarks", "scripts")


@functools.cache
def pyproject() -> dict[str, Any]:
    """pyproject.toml as it is."""
    return tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))


def files_below(folder: str, pattern: str = "*") -> list[Path]:
    """The files below a folder of the repository, in order, without what Python caches."""
    found = (REPO / folder).rglob(pattern)
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def package_of(folder: Path) -> str:
    """The import name of a folder of the repository: model/triage is hazardlens.model.triage."""
    return ".".join(("hazardlens", *folder.relative_to(REPO).parts))


def module_of(path: Path) -> str:
    """The import name of a Python file of the repository."""
    return package_of(path.parent if path.name == "__init__.py" else path.with_suffix(""))
