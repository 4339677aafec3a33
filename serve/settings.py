"""The one table of settings, and the only reader of the environment.

Each field is set by HAZARDLENS_<NAME>; docs/settings.md explains them to operators, and a test compares the two.
"""

import difflib
import os
from collections.abc import Collection, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, field_validator
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
    bundle_path: Path = Field(
        SHIPPED_BUNDLE, description="Folder of the model bundle to serve until another is activated."
    )
    policy_path: Path = Field(SHIPPED_POLICY, description="Triage policy file.")

    data_path: Path = Field(Path("var"), description="Folder of the database, the photos and the model registry.")
    database_url: str | None = Field(
        None, description="postgresql://... or sqlite:///...; none: hazardlens.sqlite3 in `data_path`."
    )
    media_url: str | None = Field(None, description="s3://bucket/prefix; none: the folder media in `data_path`.")
    s3_endpoint_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s]+$",
        description="Address of an S3-compatible store other than Amazon's; credentials and region: AWS_... variables.",
    )
    bundles_path: Path | None = Field(None, description="Model registry; none: the folder bundles in `data_path`.")
    model_poll_s: float = Field(
        2, gt=0, description="Seconds between looks for a model that was chosen elsewhere, and rounds of the shadow."
    )
    shadow_backlog: int = Field(
        500, ge=1, description="Reports that may wait for the model in the shadow; of more, the oldest are given up."
    )
    model_trial_s: float = Field(
        60,
        ge=0,
        le=3600,
        description="Seconds that a model, other than the one that ships, has to load and run once in a process of its "
        "own before it is used; 0: it is not tried.",
    )
    model_trial_bytes: int = Field(
        2048 * MIB, ge=64 * MIB, description="Memory that a model has for that, the program itself not counted."
    )
    anonymous_intake: bool = Field(
        default=True, description="Whether people without an account may classify and report."
    )

    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#\s]+$",
        description="Address under which people reach this server, like https://hazards.example.org; none: the one it "
        "listens on, or that of the request. With https://, cookies go over TLS only.",
    )
    trusted_proxies: str | None = Field(
        None,
        description="Networks of reverse proxies, separated by commas, like 10.0.0.0/8: their X-Forwarded-For and "
        "X-Forwarded-Proto are believed, nobody else's.",
    )
    hsts_max_age_s: int = Field(
        0,
        ge=0,
        description="Seconds for which browsers that came by TLS come by nothing else (HSTS), like 31536000; 0: not "
        "told.",
    )
    password_min_chars: int = Field(12, ge=8, le=128, description="Fewest characters of a password.")
    session_idle_h: float = Field(4, gt=0, description="Hours without a request after which a session ends.")
    session_max_h: float = Field(12, gt=0, description="Hours after which a session ends, used or not.")
    one_time_link_h: float = Field(24, gt=0, description="Hours for which a one-time link is good.")
    rate_limit_key_per_minute: int = Field(6000, ge=0, description="Most requests of one API key; 0: no limit.")
    rate_limit_anonymous_per_minute: int = Field(
        300,
        ge=0,
        description="Most requests without credentials from one address, other than this machine itself; 0: no limit.",
    )

    max_body_bytes: int = Field(192 * MIB, ge=1, description="Largest request body, announced or counted.")
    max_files: int = Field(8, ge=1, description="Most photos in one request.")
    max_file_bytes: int = Field(20 * MIB, ge=1, description="Largest single photo, as a file.")
    max_pixels: int = Field(50_000_000, ge=1, description="Largest single photo, in pixels, judged before decoding.")
    max_text_chars: int = Field(2000, ge=0, description="Longest text of a report.")
    max_received_bytes: int = Field(512 * MIB, ge=1, description="Memory for request bodies, all requests together.")

    max_video_bytes: int = Field(128 * MIB, ge=1, description="Largest clip, as a file.")
    max_video_s: float = Field(180, gt=0, description="Longest clip, in seconds.")
    max_video_pixels: int = Field(9_437_184, ge=1, description="Largest frame of a clip, in pixels.")
    max_video_frames: int = Field(20_000, ge=1, description="Most frames of a clip that are decoded.")
    video_cpu_s: int = Field(120, ge=1, description="Seconds of processor time for decoding one clip.")
    video_wall_s: float = Field(
        90,
        gt=0,
        description="Seconds without a sign of life from a clip's decoder, ten times as long in all; also how long a "
        "request with a clip waits for its turn.",
    )
    video_memory_bytes: int = Field(1024 * MIB, ge=256 * MIB, description="Memory for decoding one clip.")
    video_workers: int = Field(1, ge=1, le=32, description="Clips that a server works on at once.")
    video_queue_length: int = Field(
        20,
        ge=0,
        description="Clips that may wait, those of reports and those of requests each; one more is answered 503.",
    )

    max_address_chars: int = Field(300, ge=0, description="Longest address of a report.")
    max_reporter_chars: int = Field(200, ge=0, description="Longest name of a reporter.")
    max_external_id_chars: int = Field(200, ge=0, le=200, description="Longest external id of a report.")
    preview_side_px: int = Field(1280, ge=64, description="Long side of the previews that are stored beside photos.")
    read_exif_place: bool = Field(
        default=False, description="Whether a photo's GPS position stands in for a place that the form lacks."
    )
    audit_share: float = Field(
        0.05, ge=0, le=1, description="Share of confident reports that are reviewed too, to measure them."
    )
    idempotency_in_flight_s: float = Field(
        60, gt=0, description="Seconds after which a request that holds an Idempotency-Key is taken for dead."
    )
    idempotency_keep_h: float = Field(72, gt=0, description="Hours for which an Idempotency-Key is remembered.")
    duplicate_window_h: float = Field(72, gt=0, description="Hours within which two reports are likely duplicates.")
    duplicate_distance_m: float = Field(
        100, ge=0, le=10_000, description="Metres within which two reports are likely duplicates."
    )
    duplicate_hash_bits: int = Field(
        10, ge=0, le=64, description="Bits of 64 by which the looks of two duplicates' photos differ at most."
    )
    duplicate_placeless_hash_bits: int = Field(3, ge=0, le=3, description="The same where a report has no place.")
    claim_lease_s: float = Field(
        600, gt=0, description="Seconds for which a reviewer holds a report; opening it again renews them."
    )
    second_review_share: float = Field(
        0.05, ge=0, le=1, description="Share of decided reports that another reviewer looks at too."
    )
    sweep_interval_s: float = Field(
        10, gt=0, description="Seconds between rounds of the work that waits: late pre-fills, expired claims."
    )

    retention_days: int | None = Field(
        None, ge=1, le=36_500, description="Days after its decision for which a report keeps photos, words, place."
    )
    retention_rejected_days: int | None = Field(
        None, ge=1, le=36_500, description="The same for rejected reports; none: as `retention_days`."
    )
    retention_undecided_days: int | None = Field(
        None, ge=1, le=36_500, description="Days after its arrival for which a report that nobody decides keeps them."
    )
    retention_original_days: int | None = Field(
        None, ge=1, le=36_500, description="Days after the decision for which photos are kept as they came in."
    )
    retention_sign_in_days: int | None = Field(
        None, ge=1, le=36_500, description="Days for which the audit log keeps the addresses of sign-ins."
    )
    orphan_grace_h: float = Field(
        24, ge=1, le=8_760, description="Hours after which files that a crash left behind, and no report names, go."
    )

    webhook_timeout_s: float = Field(10, gt=0, le=60, description="Seconds that a receiver has for its whole answer.")
    webhook_max_attempts: int = Field(
        20, ge=1, description="Attempts after which a message is given up; 20 take about half a day."
    )
    webhook_senders: int = Field(
        4, ge=1, le=32, description="Routes that are sent to at once, one message and one thread each."
    )
    webhook_allow_private: bool = Field(
        default=False,
        description="Whether messages may go to private and local addresses, and by http://; others are https:// only.",
    )

    inference_threads: int = Field(
        default_factory=usable_cores,
        ge=1,
        description="Requests classified at once, one thread each. Default: the cores.",
    )
    queue_length: int = Field(32, ge=0, description="Requests that may wait for a thread; one more is answered 503.")
    max_queue_wait_s: float = Field(
        5,
        gt=0,
        description="Seconds that a request may wait for a thread; one that would wait for longer is answered 503.",
    )
    body_idle_timeout_s: float = Field(
        30, gt=0, description="Seconds without a byte after which an upload is given up."
    )
    body_min_bytes_per_s: int = Field(
        4096, ge=1, description="Least mean rate of an upload, after the first `body_idle_timeout_s`."
    )
    body_timeout_s: float = Field(600, gt=0, description="Seconds after which an upload is given up at any rate.")
    max_connections: int = Field(
        1000, ge=16, description="Connections that may be open; beyond them only health checks are answered."
    )
    max_head_bytes: int = Field(65_536, ge=1024, description="Longest head of a request: its line and headers.")
    head_timeout_s: float = Field(10, gt=0, description="Seconds that a request's head may take.")
    send_timeout_s: float = Field(
        30, gt=0, description="Seconds after which a client that takes nothing of its answer is given up."
    )
    keep_alive_s: int = Field(75, ge=1, description="Seconds for which a connection stays open between requests.")
    shutdown_grace_s: int = Field(20, ge=0, description="Seconds that running requests get to finish on shutdown.")

    otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^\s]+$",
        description="Where traces go, as OTLP over HTTP, like http://collector:4318/v1/traces; none: nowhere.",
    )
    drift_window_photos: int = Field(
        2000, ge=1, description="Photos over which drift from the model's reference is measured; from 200 on."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level to log.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str | None) -> str | None:
        for part in (value or "").split(","):
            if part.strip():
                network = ip_network(part.strip())  # a ValueError says which one is none
                if network.prefixlen == 0:
                    raise ValueError(f"{network} is everybody: any client could then claim any address")
        return value

    @property
    def store_url(self) -> str:
        """Address of the database."""
        return self.database_url or f"sqlite:///{self.data_path / 'hazardlens.sqlite3'}"

    @property
    def media_path(self) -> Path:
        """Folder of the photos, where no `media_url` says otherwise."""
        return self.data_path / "media"

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


def inherited(names: Collection[str]) -> dict[str, str]:
    """Those of the environment's variables, for a process that shall have no others."""
    return {name: os.environ[name] for name in names if name in os.environ}


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
