"""Structured logs: one JSON object a line, or readable lines on a terminal.

They never hold words of a report, names of files or pixels. That is why an unforeseen error is logged as its type and
place, without its message: messages of libraries quote what they choke on.

Every line that work leaves behind carries a `request_id`. Work in the background has one too: that of the request that
caused it, where there is one, else one of its own that begins with the work's name.
"""

import logging
import secrets
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.types import EventDict, Processor

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_MAX_FRAMES: Final = 12


def configure_logs(
    log_format: Literal["auto", "json", "console"], log_level: str, *, stream: TextIO | None = None
) -> None:
    """Send our logs and those of libraries to `stream`, or to standard error, in one format."""
    sink: TextIO = stream or sys.stderr
    console = log_format == "console" or (log_format == "auto" and sink.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sink)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_messages, renderer],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # What libraries tell at `debug` holds what they work on: Pillow names the owner and the place of a photo.
    root.setLevel(max(_LEVELS[log_level], logging.INFO))
    logging.getLogger("hazardlens").setLevel(_LEVELS[log_level])
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
    # Its lines hold whole URLs with their queries, and a query may hold words of a report.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # likewise, and a receiver's address may hold a token
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def _without_messages(_logger: Any, _method: str, event: EventDict) -> EventDict:  # noqa: ANN401 - structlog's own
    """An exception that a library logs, by its type alone: its words and its frames' variables stay out of the log."""
    found = event.pop("exc_info", None)
    if isinstance(found, tuple) and found[0] is not None:
        event["error"] = found[0].__name__
    return event


@contextmanager
def logged_for(request_id: str | None, **facts: str) -> Iterator[None]:
    """Log lines of the block carry this id, and facts that are no content. Without an id, the one before stays."""
    with structlog.contextvars.bound_contextvars(**({"request_id": request_id} if request_id else {}), **facts):
        yield


@contextmanager
def logged_as_work(name: str) -> Iterator[None]:
    """Log lines of the block belong to a piece of work in the background that no request asked for."""
    with logged_for(f"{name}-{secrets.token_hex(6)}", work=name):
        yield


def current_request_id() -> str | None:
    """The id that log lines carry here; None outside all work."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return found if isinstance(found, str) else None


@contextmanager
def failures_logged() -> Iterator[None]:
    """Log whatever goes wrong in the block, and go on after it: a round that fails must not be the last one."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - nobody else waits for it
        log_failure(error)


def log_failure(error: BaseException) -> None:
    """Log an error that is ours to mend."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 4:
        chain.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    _log.error(
        "request_failed",
        error=" < ".join(chain),
        frames=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
