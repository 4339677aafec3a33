"""All tables. Those in `APPEND_ONLY` are only ever added to: triggers see to it, and let an erasure take notes away.

`reports` holds the present state of each report, so that the queue is one indexed look-up; every change of it is
written in the same transaction as the event that tells what it was before.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from hazardlens.serve.store.columns import ACTOR, ID, UtcDateTime, metadata, report_id
from hazardlens.serve.store.erasure_tables import erasures, media_removals
from hazardlens.serve.store.media_tables import clip_work, photo_bands, work_jobs

reports: Final = Table(
    "reports",
    metadata,
    Column("id", ID, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),  # rises with every change: who changes must say which one they saw
    Column("state", String(20), nullable=False),
    # As it came in.
    Column("text", Text, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("address", Text),
    Column("reporter", Text),
    Column("reporter_group", String(80)),
    Column("external_id", String(200)),
    Column("source", ACTOR, nullable=False),  # who sent it: "key:ID", "account:ID" or "anonymous"
    # What holds now: the machine's word until a person's takes its place.
    Column("category", String(40)),
    Column("urgency", String(20)),
    Column("urgency_rank", Integer, nullable=False),
    Column("route", String(80)),
    # The pre-fill, which stays as it was made.
    Column("prefill", JSON),
    Column("confidence", Float),
    Column("needs_human", Boolean, nullable=False),
    Column("doubt", Float, nullable=False),  # 0 sure .. 1 unsure: orders the queue within an urgency
    Column("model_name", String(100)),
    Column("model_version", String(100)),
    Column("policy", String(100)),
    # Review.
    Column("audit", Boolean, nullable=False),  # drawn at random, so that confident reports are measured too
    Column("claimed_by", ACTOR),
    Column("claimed_until", UtcDateTime),
    Column("verdict", String(20)),
    Column("decided_by", ACTOR),
    Column("decided_at", UtcDateTime),
    Column("second_review", String(20), nullable=False),  # none, wanted, done
    Column("forwarded_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("erased_at", UtcDateTime),  # what names a person is gone, see docs/privacy.md
    Column("area", String(20)),  # what is left of the place: "31.23,121.47"
    Index("ix_reports_queue", "state", "urgency_rank", "doubt", "created_at", "id"),
    Index("ix_reports_second_review", "second_review", "urgency_rank", "doubt", "created_at", "id"),
    Index("ix_reports_decided_at_id", "decided_at", "id"),
    Index("ix_reports_created_at_id", "created_at", "id"),
    Index("ix_reports_state_created_at", "state", "created_at", "id"),
    Index("ix_reports_external_id_source", "external_id", "source"),
    Index("ix_reports_category_state", "category", "state"),
    Index("ix_reports_claimed_until", "claimed_until"),
    Index("ix_reports_place", "latitude", "longitude", "created_at", "id"),
)

report_media: Final = Table(
    "report_media",
    metadata,
    report_id(primary_key=True),
    Column("n", Integer, primary_key=True),  # from 0, in the order sent
    Column("sha256", String(64), nullable=False),  # of the original; empty once it is no longer kept
    Column("name", String(200), nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),  # of the upright original, pixels
    Column("height", Integer, nullable=False),
    Column("phash", String(16)),  # 64-bit perceptual hash, hex
    Column("preview_sha256", String(64), nullable=False),
    Column("detections", JSON, nullable=False),  # a list of DetectionResult, pixels of the upright original
    Column("kind", String(10), nullable=False, server_default="image"),  # image, video, or frame of a video
    Column("of_n", Integer),  # of a frame: the video's n
    Column("time_s", Float),  # of a frame: seconds from the video's first
    Column("duration_s", Float),  # of a video
    Index("ix_report_media_sha256", "sha256"),
    Index("ix_report_media_preview_sha256", "preview_sha256"),
)

report_events: Final = Table(
    "report_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    report_id(index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", ACTOR, nullable=False),
    Column("actor_name", String(120), nullable=False),
    Column("action", String(40), nullable=False),
    Column("before", JSON, nullable=False),  # the fields that changed, as they were
    Column("after", JSON, nullable=False),  # and as they are
    Column("reason", String(40)),
    Column("note", Text),
    Column("model_version", String(100)),
    Column("policy", String(100)),
    Column("request_id", String(100)),
)

reviews: Final = Table(
    "reviews",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    report_id(index=True),
    Column("kind", String(10), nullable=False),  # first: it decided the report; second: a look at such a decision
    Column("at", UtcDateTime, nullable=False),
    Column("reviewer", ACTOR, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("category", String(40), nullable=False),
    Column("urgency", String(20), nullable=False),
    Column("reason", String(40)),
    Column("note", Text),
    Column("boxes", JSON, nullable=False),  # per photo: [[{"label": ..., "box": {...}}], ...], pixels, upright
    Column("looked_for", JSON, nullable=False),  # labels that were searched for on all photos, completely
    Column("seconds", Float),  # from claim to decision
    Column("audit", Boolean, nullable=False),
    Column("prefill_kept", Boolean, nullable=False),
    Column("model_version", String(100)),
    Column("policy", String(100)),
)

report_links: Final = Table(
    "report_links",
    metadata,
    report_id(primary_key=True),
    Column("other_id", ID, ForeignKey("reports.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("same_photo", Boolean, nullable=False),
    Column("hash_distance", Integer),  # bits of 64 that differ between the closest photos
    Column("distance_m", Float),
    Column("apart_s", Float, nullable=False),
    Index("ix_report_links_other_id", "other_id"),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    Column("source", ACTOR, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("report_id", ID),  # none while the request is under way
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("display_name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("password_changed_at", UtcDateTime),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("account_id", ID, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("actions", JSON, nullable=False),
    Column("reporter_group", String(80)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", ACTOR, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

one_time_links: Final = Table(
    "one_time_links",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("purpose", String(20), nullable=False),  # setup, or password of an account
    Column("account_id", ID, ForeignKey("accounts.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

login_failures: Final = Table(
    "login_failures",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(120), nullable=False),  # a name or an address
    Column("at", UtcDateTime, nullable=False),
    Index("ix_login_failures_subject_at", "subject", "at"),
)

audit_events: Final = Table(
    "audit_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", ACTOR, nullable=False),
    Column("actor_name", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("target", String(200), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("request_id", String(100)),
)

dispatch_targets: Final = Table(
    "dispatch_targets",
    metadata,
    Column("route", String(80), primary_key=True),  # a key of the policy's routes
    Column("url", Text),  # none: nobody is told by machine
    Column("secret", String(200)),
    Column("enabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", ACTOR, nullable=False),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", ID, primary_key=True),
    report_id(index=True),
    Column("route", String(80), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(20), nullable=False),  # waiting, delivered, dead
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("last_error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Index("ix_deliveries_state_next_at", "state", "next_at"),
)

model_events: Final = Table(
    "model_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", ACTOR, nullable=False),
    Column("action", String(40), nullable=False),  # activated, refused, shadow_started, shadow_stopped
    Column("version", String(100), nullable=False),
    Column("detail", JSON, nullable=False),
)

shadow_results: Final = Table(
    "shadow_results",
    metadata,
    report_id(primary_key=True),
    Column("model_version", String(100), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("prefill", JSON, nullable=False),
    Column("detections", JSON, nullable=False),  # per photo
)

service_state: Final = Table(
    "service_state",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

APPEND_ONLY: Final = (report_events, reviews, audit_events, model_events)
ELSEWHERE: Final = (media_removals, erasures, photo_bands, clip_work, work_jobs)
"""Of other modules: with this one imported, `metadata` has all tables, as migrations and backups need it."""
