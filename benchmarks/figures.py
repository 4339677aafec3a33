"""What a run of the benchmark found, and how it is shown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from stages import STAGES, StageTime

SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement of throughput.

    Attributes:
        round: from 1; within a round the systems take turns.
        system: "bare loop", "hazardlens" or "obvious".
        photos: name of the set.
        form: how photos were sent; empty for the bare loop.
        clients: that sent at once; for the bare loop the clients that it stands beside.
        per_s: photos a second.
        p50_ms: median time of an answer; None for the bare loop.
        p95_ms: 95 of 100 answers were faster.
        refused: answers other than 200, and connections that broke.
    """

    round: int
    system: str
    photos: str
    form: str
    clients: int
    per_s: float
    p50_ms: float | None = None
    p95_ms: float | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Ratio:
    """The endpoint's throughput beside another system's, pair by pair within each round."""

    photos: str
    form: str
    clients: int
    beside: str
    lowest: float
    middle: float
    highest: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of the server's process in MiB, after so many uploads; None where the system does not say."""

    uploads: int
    rss_mib: float | None


@dataclass(slots=True)
class Figures:
    """All of a run."""

    machine: dict[str, str | float | int]
    settings: dict[str, str | float | int]
    photo_sets: list[dict[str, str | int]] = field(default_factory=list)
    stages: list[StageTime] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    peak_mib: float | None = None
    refused_uploads: int = 0
    obvious_skipped: str = ""
    schema_version: int = SCHEMA_VERSION


def ratios(cells: Sequence[Cell]) -> list[Ratio]:
    """For each way to send photos, the endpoint beside the bare loop and beside the obvious service (as multipart)."""
    ours = [cell for cell in cells if cell.system == "hazardlens"]
    found = []
    for photos, form, clients in dict.fromkeys((cell.photos, cell.form, cell.clients) for cell in ours):
        for beside in ("bare loop", "obvious"):
            values = list(_pairs(cells, photos, form, clients, beside))
            if values:
                low, middle, high = (round(value, 3) for value in (min(values), median(values), max(values)))
                found.append(Ratio(photos, form, clients, beside, low, middle, high))
    return found


def _pairs(cells: Sequence[Cell], photos: str, form: str, clients: int, beside: str) -> Iterator[float]:
    same = [cell for cell in cells if cell.photos == photos and cell.clients == clients]
    others = {cell.round: cell.per_s for cell in same if cell.system == beside}
    for cell in same:
        if cell.system == "hazardlens" and cell.form == form and others.get(cell.round):
            yield cell.per_s / others[cell.round]


def as_markdown(figures: Figures) -> str:
    """The tables that docs/benchmarks.md shows."""
    parts = [", ".join(f"{name} {value}" for name, value in figures.machine.items())]
    parts.append(", ".join(f"{name} {value}" for name, value in figures.settings.items()))
    parts.append(_stage_table(figures.stages))
    parts.append(_throughput_table(figures.cells))
    parts.append(_ratio_table(figures.ratios))
    if figures.obvious_skipped:
        parts.append(f"The obvious service was left out: {figures.obvious_skipped}")
    if figures.memory:
        parts.append(_memory_table(figures))
    return "\n\n".join(parts) + "\n"


def _stage_table(stages: Sequence[StageTime]) -> str:
    sets = list(dict.fromkeys(stage.photos for stage in stages))
    times = {(stage.photos, stage.stage): f"{stage.median_ms:.1f} / {stage.p95_ms:.1f}" for stage in stages}
    rows = [(stage, *(times[photos, stage] for photos in sets)) for stage in STAGES]
    return _table(("ms, median / p95", *sets), rows)


def _throughput_table(cells: Sequence[Cell]) -> str:
    keys = dict.fromkeys((cell.photos, cell.clients, cell.system, cell.form) for cell in cells)
    rows = []
    for photos, clients, system, form in keys:
        same = [c for c in cells if (c.photos, c.clients, c.system, c.form) == (photos, clients, system, form)]
        speeds = [cell.per_s for cell in same]
        latencies = [(cell.p50_ms, cell.p95_ms) for cell in same if cell.p50_ms is not None and cell.p95_ms is not None]
        waits = (
            f"{median(p50 for p50, _ in latencies):.0f} / {median(p95 for _, p95 in latencies):.0f}"
            if latencies
            else ""
        )
        speed = f"{min(speeds):.1f} - {median(speeds):.1f} - {max(speeds):.1f}"
        rows.append((photos, str(clients), system, form, speed, waits, str(sum(cell.refused for cell in same))))
    heading = ("photos", "clients", "system", "sent as", "photos/s, min - median - max", "ms, p50 / p95", "refused")
    return _table(heading, rows)


def _ratio_table(found: Sequence[Ratio]) -> str:
    rows = [
        (r.photos, r.form, str(r.clients), r.beside, f"{r.lowest:.2f} - {r.middle:.2f} - {r.highest:.2f}")
        for r in found
    ]
    return _table(("photos", "sent as", "clients", "endpoint beside", "ratio, min - median - max"), rows)


def _memory_table(figures: Figures) -> str:
    rows = [(str(point.uploads), _mib(point.rss_mib)) for point in figures.memory]
    return _table(("uploads", "server's memory, MiB"), [*rows, ("peak", _mib(figures.peak_mib))])


def _mib(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
