"""What the routes work with: made once by `create_app`, found again through the request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from hazardlens.serve.access.principals import Authenticate
from hazardlens.serve.clips import ClipReader
from hazardlens.serve.crowding import Guard
from hazardlens.serve.metrics import Metrics
from hazardlens.serve.model_slot import ModelSlot
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.received import BodyMemory
from hazardlens.serve.registry.registry import ModelRegistry
from hazardlens.serve.registry.shadow import ShadowWorker
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.blobs import BlobStore
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.keeper import StoreKeeper
from hazardlens.serve.uploads import UploadLimits


@dataclass(frozen=True, slots=True)
class Services:
    """One app's parts.

    Attributes:
        pool: threads for photos.
        clips: what is done with clips.
        clip_pool: threads for them, so that photos are never behind a clip.
        connections: keeps the server's within bounds; `server.run` gives it to uvicorn.
        slot: the model in service.
        models: those that could be, and how they get there.
        shadow: the work of the candidate that has no say.
        store: the database.
        keeper: makes the store ready, and knows how it is.
        blobs: the photos.
        authenticate: who makes a request; `gate.require` calls it.
        now: the time, with zone.
        draw: a random number, 0 <= x < 1.
    """

    settings: Settings
    limits: UploadLimits
    metrics: Metrics
    pool: WorkerPool
    clips: ClipReader
    clip_pool: WorkerPool
    memory: BodyMemory
    connections: Guard
    slot: ModelSlot
    models: ModelRegistry
    shadow: ShadowWorker
    store: Store
    keeper: StoreKeeper
    blobs: BlobStore
    authenticate: Authenticate
    now: Callable[[], datetime]
    draw: Callable[[], float]


async def services_of(request: Request) -> Services:
    """The parts of the app that answers `request`. A coroutine, because FastAPI sends plain functions to a thread."""
    services: Services = request.app.state.services
    return services
