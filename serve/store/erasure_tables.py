"""Tables of what is being erased: files that nothing may need any more, and requests that are under way."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, Text

from hazardlens.serve.store.columns import ACTOR, ID, UtcDateTime, metadata

media_removals: Final = Table(
    "media_removals",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of a file that no report may need any more
    Column("at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),  # kept for a while: whoever was storing the same file meanwhile stores it again
)

erasures: Final = Table(
    "erasures",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", ACTOR, nullable=False),
    Column("actor_name", String(120), nullable=False),
    Column("request_id", String(100)),
    # Whose or which reports; none once it is done, so that nothing keeps the name of who asked to be forgotten.
    Column("reporter", Text),
    Column("source", ACTOR),
    Column("report_id", ID),
    Column("reports", Integer, nullable=False),  # erased so far
    Column("photos", Integer, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("ix_erasures_finished_at", "finished_at"),
)
