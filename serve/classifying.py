"""The use case behind `POST /v1/classify`: receive, wait for a thread, read, classify, answer."""

import threading
from functools import partial
from typing import Self

from starlette.requests import Request

from hazardlens.model.pipeline import Classification
from hazardlens.serve.accepting import accepted_body, hung_up
from hazardlens.serve.access.clients import sender_of_request
from hazardlens.serve.facts import facts_of
from hazardlens.serve.model_slot import ModelSlot
from hazardlens.serve.services import Services
from hazardlens.serve.uploads import Received, Submission, UploadLimits, read_submission


async def classify_request(request: Request, services: Services) -> bytes:
    """Answer one request with the JSON of a `Classification`.

    What can be refused without the body is refused before it is received.

    Raises:
        HazardlensError: the request cannot be answered; `problems.answer_for` says how to tell.
        starlette.requests.ClientDisconnect: the client hung up.
    """
    _ = services.slot.model  # who cannot be answered need not send a body
    facts = facts_of(request.scope)
    sender = sender_of_request(request, services.settings)
    async with accepted_body(request, services) as received:
        gone = partial(hung_up, request)
        job = _Job(received, services.limits, services.slot, facts.request_id)
        del received  # so that its bytes go when the job has read them
        answered = await services.pool.run(job, sender=sender, gone=gone)
        if isinstance(answered, Submission):  # a clip waits where it holds no photo up
            with _ClipJob(answered, services, facts.request_id) as clip_job:
                answered = await services.clip_pool.run(clip_job, sender=sender, gone=gone)
    answer, content = answered
    services.metrics.classified(answer, listed_as_usual=job.listed_as_usual)
    facts.photos = len(answer.media)
    facts.category = answer.prefill.category.value
    return content


_Answered = tuple[Classification, bytes]


class _Job:
    """What runs in a worker thread: everything that takes longer than a moment."""

    def __init__(self, received: Received, limits: UploadLimits, slot: ModelSlot, request_id: str) -> None:
        self.listed_as_usual = True
        self._received: Received | None = received
        self._limits = limits
        self._slot = slot
        self._request_id = request_id

    def __call__(self) -> _Answered | Submission:
        """The answer; what was asked where it is about a clip."""
        submission = self._read()
        self.listed_as_usual = submission.min_confidence is None
        if submission.files.clip is not None:
            return submission
        # Taken once, so that one model answers for all photos; and not before its turn, so that a slow upload keeps no
        # old model in memory.
        classifier = self._slot.model.classifier
        answer = classifier.classify(
            submission.files.photos,
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


class _ClipJob:
    """The same for a clip. It ends early when nobody waits for it any more, which the end of the block tells."""

    def __init__(self, submission: Submission, services: Services, request_id: str) -> None:
        self._submission = submission
        self._services = services
        self._request_id = request_id
        self._over = threading.Event()

    def __enter__(self) -> Self:
        """Begin to wait."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody waits any more."""
        self._over.set()

    def __call__(self) -> _Answered:
        submission = self._submission
        if submission.files.clip is None:
            raise RuntimeError("a clip's job is for a clip")
        answer = self._services.clips.classify(
            self._services.slot.model.classifier,
            submission.files.clip,
            text=submission.text,
            min_confidence=submission.min_confidence,
            request_id=self._request_id,
            progress=lambda _: None,
            stop=self._over.is_set,
        ).classification
        return answer, answer.model_dump_json().encode()
