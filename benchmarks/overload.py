"""Loads the service with 1 to 200 clients and prints the curve: what it answers, what it refuses, how long each takes.

    .venv/bin/python benchmarks/overload.py [--quick] [--out FIGURES.json]

Starts the server with the bundle that ships, on two cores where there are more, and clients in processes of their own.
First one kind of client in growing numbers, which come again at once when they are refused; then 200 that wait as
Retry-After says; then slow senders beside them; then one greedy key among polite ones. What is measured, and why so, is
in docs/benchmarks.md. Exit code 1: an answer was neither 200 nor a refusal that says when to come again, or none came.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from crowd import Group
from hazardlens.model.bundle import SHIPPED_BUNDLE
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.keys import add_key
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Action
from hazardlens.serve.store.engine import Store
from servers import Server, ServerError, hazardlens_server

_HERE: Final = Path(__file__).resolve().parent
_SAMPLES: Final = _HERE.parent / "datasets" / "samples"
_SERVER_CORES: Final = 2
_CURVE: Final = (1, 2, 5, 10, 50, 100, 200)
_REFUSALS: Final = ("429", "503")
_PULSE: Final = "health"


@dataclass(frozen=True, slots=True)
class Row:
    """What one group of clients got in one scene.

    Attributes:
        scene: what was going on.
        group: whose row it is.
        clients: how many they are.
        accepted_per_s: answers with status 200 a second.
        refused_per_s: answers with status 429 or 503 a second.
        accepted_ms: p50, p95 and p99 of the time to an answer; empty where there was none.
        refused_ms: the same of refusals.
        health_ms: p50, p99 and the longest of /healthz and /readyz meanwhile.
        answered: answers by status, and what else happened.
        retry_after_s: what refusals said, and how often.
    """

    scene: str
    group: str
    clients: int
    accepted_per_s: float
    refused_per_s: float
    accepted_ms: tuple[float, ...]
    refused_ms: tuple[float, ...]
    health_ms: tuple[float, ...]
    answered: dict[str, int]
    retry_after_s: dict[str, int]

    @property
    def is_orderly(self) -> bool:
        """Whether each request got what it asked for, or a refusal that says when to come again."""
        slow = self.group.startswith("slow")
        expected = {"200", *_REFUSALS, *(("408", "431", "closed") if slow else ())}
        return set(self.answered) <= expected and "" not in self.retry_after_s


@dataclass(slots=True)
class Run:
    """One run: its options, its server and what was found."""

    options: argparse.Namespace
    server: Server
    rows: list[Row] = field(default_factory=list)

    def scene(self, name: str, *groups: Group) -> None:
        """Let these come, and note what each group got."""
        pulse = Group(_PULSE, 1, kind="health")
        with self._crowd([pulse], self.options.warm_up) as health, self._crowd(groups, self.options.warm_up) as crowd:
            outcomes, beat = _read(crowd), _read(health)[_PULSE]
        health_ms = _percentiles(beat["accepted_ms"], 50, 99, 100)
        if set(beat["answered"]) != {"200"}:
            print(f"health checks in {name!r}: {beat['answered']}", file=sys.stderr)
        for group in groups:
            row = self._row(name, group, outcomes[group.name], health_ms)
            self.rows.append(row)
            print(_line(row), flush=True)

    def _row(self, scene: str, group: Group, outcome: dict[str, Any], health_ms: tuple[float, ...]) -> Row:
        answered = Counter(outcome["answered"])
        seconds = self.options.seconds
        return Row(
            scene,
            group.name,
            group.clients,
            round(answered["200"] / seconds, 2),
            round(sum(answered[status] for status in _REFUSALS) / seconds, 2),
            _percentiles(outcome["accepted_ms"], 50, 95, 99),
            _percentiles(outcome["refused_ms"], 50, 95, 99),
            health_ms,
            dict(answered),
            outcome["retry_after_s"],
        )

    @contextmanager
    def _crowd(self, groups: Sequence[Group], warm_up_s: float) -> Iterator["subprocess.Popen[str]"]:
        spec = {"port": self.server.port, "warm_up_s": warm_up_s, "window_s": self.options.seconds}
        command = [sys.executable, str(_HERE / "crowd.py"), json.dumps(spec | {"groups": [asdict(g) for g in groups]})]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()


def _read(process: "subprocess.Popen[str]") -> dict[str, dict[str, Any]]:
    output, _ = process.communicate()
    outcomes: dict[str, dict[str, Any]] = json.loads(output)
    return outcomes


def _percentiles(values: Sequence[float], *which: int) -> tuple[float, ...]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return tuple(round(ordered[min(last, len(ordered) * p // 100)], 1) for p in which) if ordered else ()


def measure(run: Run, keys: Sequence[str]) -> None:
    """All scenes; one key of `keys` is the greedy one's."""
    photos = tuple(sorted(str(path) for path in _SAMPLES.glob("*.jpg")))
    for clients in run.options.clients:
        run.scene("curve", Group("impatient", clients, photos))
    most = max(run.options.clients)
    run.scene("patient", Group("patient", most, photos, patient=True))
    slow = (Group("slow heads", most, photos, kind="head"), Group("slow bodies", most // 2, photos, kind="body"))
    run.scene("slow senders", *slow, Group("steady", 2, photos))
    greedy, *polite = keys
    ones = (Group(f"polite {number}", 1, photos, key=key) for number, key in enumerate(polite, 1))
    run.scene("one greedy key", Group("greedy", most - len(polite), photos, key=greedy), *ones)


def make_keys(data_path: Path, count: int) -> list[str]:
    """API keys in a fresh database."""
    store = Store(f"sqlite:///{data_path / 'hazardlens.sqlite3'}")
    store.migrate()
    act = Act(SYSTEM, datetime.now(UTC))
    with store.write() as connection:
        keys = [add_key(connection, act, name=f"k{n}", actions=[Action.CLASSIFY])[1] for n in range(count)]
    store.close()
    return [str(key) for key in keys]


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """What is started in the block runs on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before - cores or before)


_HEADING: Final = (
    *("scene", "group", "clients", "200/s", "refused/s", "200: p50 / p95 / p99, ms"),
    *("refused: p50 / p95 / p99, ms", "health: p50 / p99 / most, ms", "Retry-After, s", "else"),
)


def _line(row: Row) -> str:
    else_ = {what: count for what, count in row.answered.items() if what not in {"200", *_REFUSALS}}
    said = sorted(int(seconds) for seconds in row.retry_after_s if seconds)
    cells = (
        *(row.scene, row.group, str(row.clients), f"{row.accepted_per_s:.1f}", f"{row.refused_per_s:.1f}"),
        *(" / ".join(f"{ms:.0f}" for ms in three) for three in (row.accepted_ms, row.refused_ms, row.health_ms)),
        f"{said[0]} to {said[-1]}" if said else "",
        ", ".join(f"{count} {what}" for what, count in else_.items()),
    )
    return f"| {' | '.join(cells)} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="short and small: shows that it works, proves nothing")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    parser.add_argument(
        "--bundle", type=Path, default=SHIPPED_BUNDLE, help="model bundle (default: the one that ships)"
    )
    parser.add_argument("--clients", type=int, nargs="+", default=list(_CURVE), help="numbers of them in the curve")
    parser.add_argument("--polite", type=int, default=10, help="keys beside the greedy one (default: 10)")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement (default: 10)")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds before it that do not count (default: 3)")
    options = parser.parse_args()
    if options.quick:
        options.clients, options.polite, options.seconds, options.warm_up = [1, 8], 2, 1.0, 0.5
    return options


def main() -> int:
    """Run it all; 0, 1 for a request that was left without a proper answer, 2 where it cannot start."""
    options = _options()
    cores = sorted(os.sched_getaffinity(0))[:_SERVER_CORES]
    load_before = os.getloadavg()[0]
    try:
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            folder = Path(name)
            keys = make_keys(folder, options.polite + 1)
            environ = {"HAZARDLENS_DATA_PATH": name, "HAZARDLENS_RATE_LIMIT_KEY_PER_MINUTE": "0"}
            with on_cores(set(cores)):
                server = stack.enter_context(hazardlens_server(options.bundle, folder / "server.log", environ))
            print(f"| {' | '.join(_HEADING)} |\n|{' --- |' * len(_HEADING)}")
            run = Run(options, server)
            measure(run, keys)
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    machine = {"cores": len(cores), "load_before": round(load_before, 2), "load_after": round(os.getloadavg()[0], 2)}
    print(f"\nserver's cores {machine['cores']}, load before {load_before:.1f}, after {machine['load_after']:.1f}")
    if options.out:
        figures = {"machine": machine, "rows": [asdict(row) for row in run.rows]}
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.is_orderly for row in run.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
