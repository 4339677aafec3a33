"""The use case behind `POST /v1/classify`: receive, wait for a thread, read, classify, answer."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.requests import Request

from hazardlens.model.pipeline import Classification, Classifier
from hazardlens.serve.facts import facts_of
from hazardlens.serve.received import receive_body
from hazardlens.serve.services import Services
from hazardlens.serve.uploads import Received, Submission, UploadLimits, check_content_type, read_submission

Clock = Callable[[], float]
_CLOCK: Final[Clock] = time.perf_counter


async def classify_request(request: Request, services: Services) -> bytes:
    """Answer one request with the JSON of a `Classification`.

    What can be refused without the body is refused before it is received.

    Raises:
        HazardlensError: the request cannot be answered; `problems.answer_for` says how to tell.
        starlette.requests.ClientDisconnect: the client hung up.
    """
    classifier = services.slot.model.classifier
    content_type = request.headers.get("content-type", "")
    check_content_type(content_type)
    services.pool.require_room()
    facts = facts_of(request.scope)
    with services.memory.hold() as hold:
        body = await receive_body(request, hold=hold, idle_timeout_s=services.settings.body_idle_timeout_s)
        facts.received_bytes = hold.size_bytes
        services.metrics.received(hold.size_bytes)
        job = _Job(
            Received(content_type, request.scope["query_string"], body), services.limits, classifier, facts.request_id
        )
        answer, content = await services.pool.run(job, gone=partial(_hung_up, request))
    services.metrics.waited(job.waited_s)
    services.metrics.classified(answer)
    facts.photos = len(answer.media)
    facts.category = answer.prefill.category.value
    return content


class _Job:
    """What runs in a worker thread: everything that takes longer than a moment."""

    def __init__(self, received: Received, limits: UploadLimits, classifier: Classifier, request_id: str) -> None:
        self.waited_s = 0.0
        self._received: Received | None = received
        self._limits = limits
        self._classifier = classifier
        self._request_id = request_id
        self._queued_at = _CLOCK()

    def __call__(self) -> tuple[Classification, bytes]:
        self.waited_s = _CLOCK() - self._queued_at
        submission = self._read()
        answer = self._classifier.classify(
            submission.uploads,
            text=submission.text,
            min_confidence=submission.min_confidence,
            request_id=self._request_id,
        )
        return answer, answer.model_dump_json().encode()

    def _read(self) -> Submission:
        if self._received is None:
            raise RuntimeError("a job runs once")
        received, self._received = self._received, None  # its bytes are not needed while the model runs
        return read_submission(received, self._limits)


async def _hung_up(request: Request) -> None:
    """Return when the client has hung up. The body was received, so no other message can come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
