"""What the routes work with: made once by `create_app`, found again through the request."""

from dataclasses import dataclass

from starlette.requests import Request

from hazardlens.serve.metrics import Metrics
from hazardlens.serve.model_slot import ModelSlot
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.received import BodyMemory
from hazardlens.serve.settings import Settings
from hazardlens.serve.uploads import UploadLimits


@dataclass(frozen=True, slots=True)
class Services:
    """One app's parts."""

    settings: Settings
    limits: UploadLimits
    metrics: Metrics
    pool: WorkerPool
    memory: BodyMemory
    slot: ModelSlot


async def services_of(request: Request) -> Services:
    """The parts of the app that answers `request`. A coroutine, because FastAPI sends plain functions to a thread."""
    services: Services = request.app.state.services
    return services
