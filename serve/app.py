"""The composition root: the one place where the service's parts are made and put together."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Final, Self

from fastapi import FastAPI

from hazardlens.model.detector import Detector
from hazardlens.model.triage.policy import Policy
from hazardlens.serve.access.authentication import Authenticator
from hazardlens.serve.access.first_start import greeting
from hazardlens.serve.access.principals import Authenticate
from hazardlens.serve.body_limit import BodyLimitMiddleware
from hazardlens.serve.clips import ClipReader, DecodedClips
from hazardlens.serve.crowding import make_guard
from hazardlens.serve.dispatch.worker import delivering
from hazardlens.serve.documents import openapi_document
from hazardlens.serve.drift import DriftWatch
from hazardlens.serve.erasure.sweeping import purging
from hazardlens.serve.json_body import JsonBody, MediaBody
from hazardlens.serve.metrics import Metrics
from hazardlens.serve.middleware import RequestMiddleware
from hazardlens.serve.model_slot import ModelSlot
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.problems import EXCEPTION_HANDLERS
from hazardlens.serve.received import BodyMemory
from hazardlens.serve.registry.metrics import ModelMetrics
from hazardlens.serve.registry.registry import ModelRegistry
from hazardlens.serve.registry.running import models_in_service
from hazardlens.serve.registry.shadow import ShadowWorker
from hazardlens.serve.reports.clip_metrics import ClipMetrics
from hazardlens.serve.reports.clip_working import working_on_clips
from hazardlens.serve.reports.documents import REPORT_EXAMPLES
from hazardlens.serve.reports.fields import ReportBody
from hazardlens.serve.reports.sweeping import sweeping
from hazardlens.serve.routes import (
    accounts,
    classify,
    dispatch,
    docs,
    erasures,
    exports,
    health,
    keys,
    model_changes,
    models,
    pages,
    reports,
    review,
    sessions,
    stats,
)
from hazardlens.serve.services import Services
from hazardlens.serve.settings import Settings
from hazardlens.serve.stats.gauges import WaitingGauges, gauging
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.keeper import StoreKeeper, kept
from hazardlens.serve.store.places import open_blobs
from hazardlens.serve.tracing import Tracing, open_tracing
from hazardlens.serve.uploads import UploadLimits

_CLIP_NICENESS: Final = 2
"""Two threads of photos then have two thirds of two cores, with a clip and its decoder beside them."""
_RANDOM: Final = secrets.SystemRandom()
_BODIES: Final[Mapping[str, type[MediaBody]]] = {"/v1/classify": JsonBody, "/v1/reports": ReportBody}
"""Path of an endpoint that takes photos -> its JSON form."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _new_request_id() -> str:
    return secrets.token_hex(8)


def _greet_nobody(_: Services) -> None:
    """Nobody sits at the terminal."""


def create_app(  # noqa: PLR0913 - one for each seam that tests replace
    settings: Settings,
    *,
    detector: Detector | None = None,
    policy: Policy | None = None,
    clips: ClipReader | None = None,
    authenticate: Authenticate | None = None,
    now: Callable[[], datetime] = _utc_now,
    draw: Callable[[], float] = _RANDOM.random,
    new_id: Callable[[], str] = _new_request_id,
    greet: Callable[[Services], None] = _greet_nobody,
) -> FastAPI:
    """Make an app; the model is read, and threads are started, when its lifespan begins.

    Args:
        settings: from `load_settings`.
        detector: instead of the bundle's.
        policy: instead of the settings' policy file.
        clips: instead of the decoder.
        authenticate: who makes a request, instead of keys and sessions.
        now: the time, with zone.
        draw: a random number, 0 <= x < 1, for what is drawn by lot.
        new_id: ids of requests that bring none.
        greet: called in a thread once the database is ready, to tell whoever started the app what to do first.
    """
    tracing = open_tracing(settings.otlp_endpoint)
    services = _make_services(
        settings, detector=detector, policy=policy, clips=clips, authenticate=authenticate, now=now, draw=draw
    )
    app = FastAPI(
        title="hazardlens",
        summary="A photo of a hazard in, a pre-filled report out.",
        description="Errors are RFC 9457 problems (`application/problem+json`) with a stable `code`.",
        version=version("hazardlens"),
        openapi_url=None,  # routes/docs.py answers for it, like any other route
        redirect_slashes=False,  # a redirected upload travels twice
        lifespan=partial(_lifespan, services, _OwnMetrics.of(services), tracing, greet),
        exception_handlers=EXCEPTION_HANDLERS,
    )
    app.state.services = services
    services.metrics.trace_stages(tracing.stage)
    document = partial(openapi_document, max_files=settings.max_files, bodies=_BODIES, examples=REPORT_EXAMPLES)
    app.openapi = partial(document, app)  # type: ignore[method-assign]  # FastAPI's own documented way
    # The last one added is the outermost.
    app.add_middleware(BodyLimitMiddleware, max_body_bytes=settings.max_body_bytes)
    app.add_middleware(RequestMiddleware, settings=settings, metrics=services.metrics, tracing=tracing, new_id=new_id)
    for routes in (
        classify,
        reports,
        review,
        dispatch,
        stats,
        exports,
        erasures,
        models,
        model_changes,
        sessions,
        accounts,
        keys,
        health,
        docs,
        pages,
    ):
        app.include_router(routes.router)
    docs.mount_static(app)
    return app


def _make_services(
    settings: Settings,
    *,
    detector: Detector | None,
    policy: Policy | None,
    clips: ClipReader | None,
    authenticate: Authenticate | None,
    now: Callable[[], datetime],
    draw: Callable[[], float],
) -> Services:
    limits = UploadLimits(
        settings.max_files, settings.max_file_bytes, settings.max_text_chars, settings.max_video_bytes
    )
    metrics = Metrics()
    pool = WorkerPool(
        settings.inference_threads,
        settings.queue_length,
        max_wait_s=settings.max_queue_wait_s,
        waited=metrics.waited,
        refused=metrics.refused,
        around=metrics.working,
    )
    memory = BodyMemory(settings.max_received_bytes, refused=partial(metrics.refused, "memory"))
    clip_pool = WorkerPool(
        settings.video_workers,
        settings.video_queue_length,
        max_wait_s=settings.video_wall_s,
        refused=metrics.refused,
        name="clips",
        niceness=_CLIP_NICENESS,
    )
    metrics.watch(
        "clips_running", "Clips that this server works on, of requests and of reports.", lambda: clip_pool.running
    )
    metrics.watch("clip_requests_waiting", "Requests that wait for a clip's turn.", lambda: clip_pool.waiting)
    metrics.watch("queue_length", "Requests that wait for a thread.", lambda: pool.waiting)
    metrics.watch("workers_busy", "Threads at work.", lambda: pool.running)
    connections = make_guard(settings, partial(metrics.refused, "connections"))
    metrics.watch("connections", "Connections that are open.", lambda: connections.open)
    metrics.watch("received_bytes", "Memory that request bodies hold.", lambda: memory.held_bytes)
    store = Store(settings.store_url)
    blobs = open_blobs(settings.media_url, folder=settings.media_path, endpoint_url=settings.s3_endpoint_url)
    slot = ModelSlot()
    metrics.watch("model_ready", "1 while a model can answer.", lambda: slot.is_ready)
    drift = DriftWatch(slot.reference_of, window=settings.drift_window_photos, registry=metrics.registry)
    metrics.tell_answers(drift.saw)
    model_metrics = ModelMetrics(metrics.registry)
    models = ModelRegistry(
        settings, slot=slot, store=store, metrics=model_metrics, detector=detector, policy=policy, now=now
    )
    shadow = ShadowWorker(
        store=store,
        blobs=blobs,
        pool=pool,
        loader=models.loader,
        metrics=model_metrics,
        backlog=settings.shadow_backlog,
        now=now,
    )
    return Services(
        settings=settings,
        limits=limits,
        metrics=metrics,
        pool=pool,
        clips=clips or DecodedClips(settings),
        clip_pool=clip_pool,
        memory=memory,
        connections=connections,
        slot=slot,
        models=models,
        shadow=shadow,
        store=store,
        keeper=StoreKeeper(store, blobs),
        blobs=blobs,
        authenticate=authenticate or Authenticator(store, settings, now),
        now=now,
        draw=draw,
    )


@dataclass(frozen=True, slots=True)
class _OwnMetrics:
    """Of work beside the requests. Made with the app, because it may start more than once."""

    waiting: WaitingGauges
    clips: ClipMetrics

    @classmethod
    def of(cls, services: Services) -> Self:
        registry = services.metrics.registry
        return cls(WaitingGauges(registry), ClipMetrics(registry))


@asynccontextmanager
async def _lifespan(
    services: Services, metrics: _OwnMetrics, tracing: Tracing, greet: Callable[[Services], None], _: FastAPI
) -> AsyncIterator[None]:
    poll_s = services.settings.model_poll_s
    try:
        async with (
            kept(services.keeper),
            models_in_service(services.slot, services.models, services.shadow, poll_s=poll_s),
            sweeping(services),
            working_on_clips(services, metrics.clips),
            delivering(services),
            purging(services),
            gauging(services, metrics.waiting),
            greeting(services.keeper.ready, partial(greet, services)),
        ):
            yield
    finally:
        services.pool.close()
        services.clip_pool.close()
        services.store.close()
        tracing.close()
