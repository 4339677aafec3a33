"""The first start: nobody has an account yet, and somebody who can see the terminal becomes the administrator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.links import make_setup_link
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.logs import failures_logged
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.engine import Store


def invitation(store: Store, settings: Settings, now: datetime, address: str) -> str | None:
    """What to print at the start of a server without accounts, with a one-time link; None where there are accounts.

    It is for the terminal of whoever starts the server. It must not go to a log.

    Args:
        store: the database, with its tables.
        settings: how long the link is good.
        now: the time, with zone.
        address: where the server listens, without a path.

    Raises:
        StoreUnavailableError: the database cannot be reached or changed.
    """
    with store.write() as connection:
        link = make_setup_link(connection, Act(SYSTEM, now), settings.one_time_link_h)
    if link is None:
        return None
    return (
        "No account exists yet. Classifying and reporting need none; reviewing does.\n"
        f"Choose the administrator's name and password here, once, within {settings.one_time_link_h:g} hours:\n"
        f"{link.address(settings.public_url or address)}"
    )


@asynccontextmanager
async def greeting(store_ready: asyncio.Event, greet: Callable[[], None]) -> AsyncIterator[None]:
    """Call `greet` in a thread, once, as soon as the store is ready, beside what is done in the block.

    Args:
        store_ready: of `StoreKeeper`.
        greet: prints the invitation.
    """

    async def wait_and_greet() -> None:
        await store_ready.wait()
        with failures_logged():  # a server without a greeting still serves
            await asyncio.to_thread(greet)

    task = asyncio.create_task(wait_and_greet())
    try:
        yield
    finally:
        if not store_ready.is_set():  # else its thread uses the store, which is closed next
            task.cancel()
        await asyncio.wait({task})
