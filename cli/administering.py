"""What the `hazardlens admin` commands work with: the database of the settings, and who is at the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hazardlens.cli.acting import who_is_here

if TYPE_CHECKING:
    from hazardlens.serve.access.audit import Act
    from hazardlens.serve.settings import Settings
    from hazardlens.serve.store.engine import Store


@contextmanager
def administering() -> Iterator[tuple["Store", "Settings", "Act"]]:
    """The database with its tables, the settings, and whose act it is; beside a running server too."""
    from hazardlens.serve.access.audit import Act
    from hazardlens.serve.access.principals import Principal
    from hazardlens.serve.settings import load_settings
    from hazardlens.serve.store.engine import Store

    settings = load_settings()
    store = Store(settings.store_url)
    try:
        store.migrate()
        yield store, settings, Act(Principal("system", "", who_is_here(), frozenset()), datetime.now(UTC))
    finally:
        store.close()
