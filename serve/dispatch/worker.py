"""Sends what waits in the outbox: a few threads for each server, at most one message at a time to each route.

A message may arrive twice: when this process dies between the receiver's answer and our note of it, and when a receiver
answers after its time. It has the same delivery id both times.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from hazardlens.serve.dispatch.outbox import Claimed, DeliveryState, claim_due, is_due
from hazardlens.serve.dispatch.outcomes import Patience, write_outcome
from hazardlens.serve.dispatch.sending import Sender
from hazardlens.serve.logs import log_failure, logged_as_work, logged_for
from hazardlens.serve.services import Services
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

POLL_S: Final = 1.0
_REST: Final = timedelta(seconds=15)
_LEASE_MARGIN: Final = timedelta(seconds=60)


class DeliveryWorker:
    """Sends deliveries when they are due."""

    def __init__(
        self,
        store: Store,
        sender: Sender,
        *,
        max_attempts: int,
        now: Callable[[], datetime],
        draw: Callable[[], float],
        senders: int = 1,
    ) -> None:
        """Take the parts.

        Args:
            store: the database.
            sender: sends one message.
            max_attempts: attempts after which a delivery is given up.
            now: the time, with zone.
            draw: a random number, 0 <= x < 1.
            senders: threads, and so the most routes that are sent to at once.
        """
        self._store = store
        self._sender = sender
        self._max_attempts = max_attempts
        self._now = now
        self._draw = draw
        self._senders = senders
        self._routes = threading.Lock()  # for the two below; held while a message is chosen, never while it is sent
        self._resting: dict[str, datetime] = {}
        self._under_way: set[str] = set()
        self._stopping = threading.Event()
        # Looking up the name, three attempts to connect, and the answer: all must be over before somebody else sends.
        self._lease = timedelta(seconds=5 * sender.timeout_s) + _LEASE_MARGIN

    def start(self) -> list[threading.Thread]:
        """Begin to send, in threads of its own."""
        self._stopping.clear()
        threads = [threading.Thread(target=self._run, name=f"deliveries-{n}") for n in range(self._senders)]
        for thread in threads:
            thread.start()
        return threads

    def stop(self) -> None:
        """Begin nothing new; messages that are under way are seen to their end."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                while self._send_one_as_work():
                    pass
            except StoreUnavailableError:
                continue  # logged where it was found; what was sent meanwhile is sent again
            except Exception as error:  # noqa: BLE001 - the last net of a thread that nobody waits for
                log_failure(error)

    def _send_one_as_work(self) -> bool:
        with logged_as_work("delivery"):
            return self.send_one()

    def send_one(self) -> bool:
        """Send the delivery that has been due for the longest, of routes that nothing is under way to.

        Returns:
            Whether there was one.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._routes:
            claimed = None if self._stopping.is_set() else self._claim()
        if claimed is None:
            return False
        try:
            with logged_for(claimed.request_id, work="delivery"):
                self._send(claimed)
        finally:
            with self._routes:
                self._under_way.discard(claimed.route)
        return True

    def _claim(self) -> Claimed | None:
        now = self._now()
        self._resting = {route: until for route, until in self._resting.items() if until > now}
        avoided = self._under_way | self._resting.keys()
        with self._store.read() as connection:
            if not is_due(connection, now, avoided):
                return None
        with self._store.write() as connection:
            claimed = claim_due(connection, now, lease=self._lease, resting=avoided)
        if claimed is not None:
            self._under_way.add(claimed.route)
        return claimed

    def _send(self, claimed: Claimed) -> None:
        outcome = self._sender.send(claimed.url, claimed.secret, claimed.id, claimed.payload)
        now = self._now()
        if outcome.is_receiver_down:
            # Receivers that are down must not keep all senders busy, and the messages of others waiting.
            with self._routes:
                self._resting[claimed.route] = now + _REST
        with self._store.write() as connection:
            patience = Patience(self._max_attempts, self._draw())
            state = write_outcome(connection, claimed, outcome, now, patience)
        log = _log.warning if state is DeliveryState.DEAD else _log.info
        log(
            "delivery",
            delivery=claimed.id,
            report=claimed.report_id,
            route=claimed.route,
            attempt=claimed.attempt,
            state=state,
            status=outcome.status,
            error=outcome.error,
        )


def sender_of(services: Services) -> Sender:
    """What sends an app's messages."""
    settings = services.settings
    return Sender(settings.webhook_timeout_s, allow_private=settings.webhook_allow_private, now=services.now)


@asynccontextmanager
async def delivering(services: Services) -> AsyncIterator[None]:
    """Send an app's messages beside what is done in the block."""
    worker = DeliveryWorker(
        services.store,
        sender_of(services),
        max_attempts=services.settings.webhook_max_attempts,
        now=services.now,
        draw=services.draw,
        senders=services.settings.webhook_senders,
    )
    threads = worker.start()
    try:
        yield
    finally:
        worker.stop()
        for thread in threads:
            await asyncio.to_thread(thread.join)
