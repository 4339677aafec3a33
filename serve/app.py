"""The composition root: the one place where the service's parts are made and put together."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI, Request

from hazardlens.model.detector import Detector
from hazardlens.model.triage.policy import Policy
from hazardlens.serve.access.principals import ANONYMOUS, Authenticate, Principal
from hazardlens.serve.body_limit import BodyLimitMiddleware
from hazardlens.serve.documents import openapi_document
from hazardlens.serve.metrics import Metrics
from hazardlens.serve.middleware import RequestMiddleware
from hazardlens.serve.model_slot import ModelSlot, load_model
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.problems import EXCEPTION_HANDLERS
from hazardlens.serve.received import BodyMemory
from hazardlens.serve.routes import classify, docs, health, models, pages
from hazardlens.serve.services import Services
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.uploads import UploadLimits


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _new_request_id() -> str:
    return secrets.token_hex(8)


def create_app(
    settings: Settings,
    *,
    detector: Detector | None = None,
    policy: Policy | None = None,
    authenticate: Authenticate | None = None,
    now: Callable[[], datetime] = _utc_now,
    new_id: Callable[[], str] = _new_request_id,
) -> FastAPI:
    """Make an app; the model is read, and threads are started, when its lifespan begins.

    Args:
        settings: from `load_settings`.
        detector: instead of the bundle's.
        policy: instead of the settings' policy file.
        authenticate: who makes a request, instead of keys and sessions.
        now: the time, with zone.
        new_id: ids of requests that bring none.
    """
    services = _make_services(settings, detector=detector, policy=policy, authenticate=authenticate, now=now)
    app = FastAPI(
        title="hazardlens",
        summary="A photo of a hazard in, a pre-filled report out.",
        description="Errors are RFC 9457 problems (`application/problem+json`) with a stable `code`.",
        version=version("hazardlens"),
        openapi_url=None,  # routes/docs.py answers for it, like any other route
        redirect_slashes=False,  # a redirected upload travels twice
        lifespan=partial(_lifespan, services),
        exception_handlers=EXCEPTION_HANDLERS,
    )
    app.state.services = services
    app.openapi = partial(openapi_document, app, max_files=settings.max_files)  # type: ignore[method-assign]  # FastAPI's own documented way
    # The last one added is the outermost.
    app.add_middleware(BodyLimitMiddleware, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(RequestMiddleware, metrics=services.metrics, new_id=new_id)
    for routes in (classify, models, health, docs, pages):
        app.include_router(routes.router)
    docs.mount_static(app)
    return app


def _make_services(
    settings: Settings,
    *,
    detector: Detector | None,
    policy: Policy | None,
    authenticate: Authenticate | None,
    now: Callable[[], datetime],
) -> Services:
    load = partial(
        load_model,
        bundle_path=settings.bundle_path,
        policy_path=settings.policy_path,
        max_pixels=settings.max_pixels,
        detector=detector,
        policy=policy,
        now=now,
    )
    limits = UploadLimits(settings.max_files, settings.max_file_bytes, settings.max_text_chars)
    metrics = Metrics()
    pool = WorkerPool(settings.inference_threads, settings.queue_length)
    memory = BodyMemory(settings.max_received_bytes)
    metrics.watch("queue_length", "Requests that wait for a thread.", lambda: pool.waiting)
    metrics.watch("workers_busy", "Threads at work.", lambda: pool.running)
    metrics.watch("received_bytes", "Memory that request bodies hold.", lambda: memory.held_bytes)
    store = Store(settings.store_url)
    return Services(
        settings=settings,
        limits=limits,
        metrics=metrics,
        pool=pool,
        memory=memory,
        slot=ModelSlot(load),
        store=store,
        blobs=FolderBlobs(settings.data_path / "media"),
        authenticate=authenticate or _everybody_is_anonymous,
        now=now,
    )


async def _everybody_is_anonymous(_: Request) -> Principal:
    return ANONYMOUS


@asynccontextmanager
async def _lifespan(services: Services, _: FastAPI) -> AsyncIterator[None]:
    # Beside the server, so that health checks are answered while a large model is read.
    loading = asyncio.create_task(services.slot.load())
    try:
        await asyncio.to_thread(services.store.migrate)
        yield
    finally:
        await loading
        services.pool.close()
        services.store.close()
