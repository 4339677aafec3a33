"""Runs the app: one process, an event loop for the network and threads for the photos."""

import contextlib
import errno
import gc
import resource
import signal
import socket
import sys
from functools import partial
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from hazardlens.serve.access.first_start import invitation
from hazardlens.serve.app import create_app
from hazardlens.serve.connections import guarded
from hazardlens.serve.crowding import SPARE
from hazardlens.serve.errors import AddressInUseError
from hazardlens.serve.logs import configure_logs
from hazardlens.serve.services import Services
from hazardlens.serve.settings import Settings

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

_OTHER_FILES: Final = 128  # the database, photos that are written, threads and processes beside the requests
_FEWEST_CONNECTIONS: Final = 16


def run(settings: Settings) -> int:
    """Serve until told to stop by SIGINT or SIGTERM; running requests get time to finish. For the main thread only.

    Returns:
        The exit code: 0 after a stop, 1 when the address is taken or cannot be used.
    """
    try:
        listener = listen(settings.host, settings.port)
    except AddressInUseError as error:
        print(f"hazardlens: {error}", file=sys.stderr)  # noqa: T201 - a person started this
        return 1
    configure_logs(settings.log_format, settings.log_level)
    settings = within_open_files(settings)
    address = address_at(settings.host, listener.getsockname()[1])
    config = server_config(create_app(settings, greet=partial(_invite, address)), settings)
    _spare_what_stays()
    with listener:
        print(f"hazardlens listens on {address}", flush=True)  # noqa: T201
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        # uvicorn raises the signal again when it has stopped; that would end this process as if it had been killed.
        with contextlib.suppress(_StoppedError):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def within_open_files(settings: Settings) -> Settings:
    """With no more connections than this process may have open beside its files, for which its limit is raised.

    A connection that cannot be opened cannot be refused either: it would wait in the system's queue.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + SPARE + _OTHER_FILES
    if soft < wanted and soft < hard:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = max(_FEWEST_CONNECTIONS, soft - SPARE - _OTHER_FILES)
    if allowed >= settings.max_connections:
        return settings
    _log.warning("few_open_files", limit=soft, connections=allowed)
    return settings.model_copy(update={"max_connections": allowed})


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves an app of `create_app`."""
    return uvicorn.Config(
        app,
        http=guarded(app.state.services.connections),
        loop="uvloop",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,  # it would believe anybody on this machine; see the setting trusted_proxies
        server_header=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )


def _spare_what_stays() -> None:
    """Have Python's collector look no more at what is there already, most of it code that was imported.

    A full collection holds up all threads, the event loop's too, and takes the longer the more objects there are.
    """
    gc.collect()
    gc.freeze()


def _invite(address: str, services: Services) -> None:
    """Tell whoever starts a server without accounts how to make the first one."""
    told = invitation(services.store, services.settings, services.now(), address)
    if told is not None:
        print(told, flush=True)  # noqa: T201 - for the terminal, and never for the log


class _StoppedError(Exception):
    """Somebody asked the server to stop."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _StoppedError


def listen(host: str, port: int) -> socket.socket:
    """Take the address, before anything slow is begun.

    Raises:
        AddressInUseError: it is taken, not ours, or no address at all.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        hint = "the port is in use; choose another with HAZARDLENS_PORT" if taken else (error.strerror or str(error))
        raise AddressInUseError(f"cannot listen on {host}:{port}: {hint}") from error
    return listener


def address_at(host: str, port: int) -> str:
    """What to open in a browser of this machine to reach a server that listens there."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"
