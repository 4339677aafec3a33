"""Why a job does not end as it should.

HazardlensError
├── JobLostError                it was withdrawn, or somebody else has it
└── JobPostponedError           not now; it is put back as if it had not been begun
"""

from datetime import timedelta

from hazardlens.model.errors import HazardlensError


class JobLostError(HazardlensError):
    """Whoever works on it has no say any more."""

    code = "job_lost"


class JobPostponedError(HazardlensError):
    """It cannot be done now.

    Attributes:
        pause: for how long.
    """

    code = "job_postponed"

    def __init__(self, message: str, pause: timedelta) -> None:
        super().__init__(message)
        self.pause = pause
