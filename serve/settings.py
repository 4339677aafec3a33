"""The one table of settings, and the only reader of the environment.

Each field is set by HAZARDLENS_<NAME>; docs/settings.md explains them to operators, and a test compares the two.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from hazardlens.model.bundle import SHIPPED_BUNDLE
from hazardlens.model.triage.policy import SHIPPED_POLICY
from hazardlens.serve.cores import usable_cores
from hazardlens.serve.errors import SettingsError

PREFIX: Final = "HAZARDLENS_"
MIB: Final = 1024 * 1024


class Settings(BaseSettings):
    """What an operator may choose. Frozen; every limit has its unit in its name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on; 0.0.0.0 for all networks.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    bundle_path: Path = Field(SHIPPED_BUNDLE, description="Folder of the model bundle to serve.")
    policy_path: Path = Field(SHIPPED_POLICY, description="Triage policy file.")

    data_path: Path = Field(Path("var"), description="Folder of the database, the photos and the model registry.")
    database_url: str | None = Field(
        None, description="postgresql://... or sqlite:///...; none: hazardlens.sqlite3 in `data_path`."
    )
    media_url: str | None = Field(None, description="s3://bucket/prefix; none: the folder media in `data_path`.")
    bundles_path: Path | None = Field(None, description="Model registry; none: the folder bundles in `data_path`.")
    anonymous_intake: bool = Field(
        default=True, description="Whether people without an account may classify and report."
    )

    max_body_bytes: int = Field(64 * MIB, ge=1, description="Largest request body, announced or counted.")
    max_files: int = Field(8, ge=1, description="Most photos in one request.")
    max_file_bytes: int = Field(20 * MIB, ge=1, description="Largest single photo, as a file.")
    max_pixels: int = Field(50_000_000, ge=1, description="Largest single photo, in pixels, judged before decoding.")
    max_text_chars: int = Field(2000, ge=0, description="Longest text of a report.")
    max_received_bytes: int = Field(512 * MIB, ge=1, description="Memory for request bodies, all requests together.")

    inference_threads: int = Field(
        default_factory=usable_cores,
        ge=1,
        description="Requests classified at once, one thread each. Default: the cores.",
    )
    queue_length: int = Field(32, ge=0, description="Requests that may wait for a thread; one more is answered 503.")
    body_idle_timeout_s: float = Field(
        30, gt=0, description="Seconds without a byte after which an upload is given up."
    )
    shutdown_grace_s: int = Field(20, ge=0, description="Seconds that running requests get to finish on shutdown.")

    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level to log.")

    @property
    def store_url(self) -> str:
        """Address of the database."""
        return self.database_url or f"sqlite:///{self.data_path / 'hazardlens.sqlite3'}"

    @property
    def registry_path(self) -> Path:
        """Folder of the model registry: a bundle in each folder."""
        return self.bundles_path or self.data_path / "bundles"


def load_settings(**chosen: Any) -> Settings:  # noqa: ANN401 - pydantic checks each value against its field
    """Settings from the environment, with `chosen` values on top: a command's options, where None means not given.

    Raises:
        SettingsError: an unknown HAZARDLENS_ variable, or a value that its setting cannot have.
    """
    _refuse_unknown(os.environ)
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(detail) for detail in error.errors())) from error


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = sorted(field.upper() for field in Settings.model_fields)
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and (field := name.upper().removeprefix(PREFIX)) not in known:
            close = difflib.get_close_matches(field, known, n=1)
            hint = f"did you mean {PREFIX}{close[0]}?" if close else f"known are {PREFIX}..., with {', '.join(known)}"
            raise SettingsError(f"{name}: no such setting; {hint}")


def _explain(detail: ErrorDetails) -> str:
    field = str(detail["loc"][0]) if detail["loc"] else "settings"
    if detail["type"] == "extra_forbidden":
        return f"{field}: no such setting"
    return f"{PREFIX}{field.upper()}: {detail['msg']}, found {detail['input']!r}"
