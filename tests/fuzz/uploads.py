#!/usr/bin/env python3
"""Send damaged uploads to a running server with the bundle that ships, and look at what it does to it.

`make fuzz-uploads COUNT=10000`. Exit code 1: a 5xx, no answer to a whole request, a good photo that was refused, an
error in the log, a process or a file left open, or memory that grew.
"""

import argparse
import collections
import contextlib
import http.client
import json
import math
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

_TESTS: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_TESTS))

from fuzz.attacks import Case, case  # noqa: E402 - found only from here on
from support.serving import ServerProcess, server_process  # noqa: E402

SERVE: Final = """
import sys
from hazardlens.serve.server import run
from hazardlens.serve.settings import load_settings
sys.exit(run(load_settings()))
"""
MOST_GROWTH: Final = 1.2
"""Memory at the end, as a multiple of that after the first tenth."""
_SETTLE_S: Final = 45.0
_BODY_S: Final = 2
"""Seconds that the server waits for the rest of a body: many cases promise more than they send."""
_PATIENCE_S: Final = 300.0
_FOLDER: Final = _TESTS.parent / "var" / "fuzz" / "uploads"
_NO_ANSWER: Final = 0
_BUSY: Final = 503
"""With the code `overloaded`: no answer yet, as on a machine that has other work; the case is sent again."""
_PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a server holds."""

    processes: int
    open_files: int
    memory_mib: float

    @classmethod
    def of(cls, process: psutil.Process) -> "Vitals":
        """Look at a process and its children."""
        family = [process, *process.children(recursive=True)]
        return cls(len(family), process.num_fds(), process.memory_info().rss / 2**20)


@dataclass(slots=True)
class Findings:
    """What happened.

    Attributes:
        answers: family and status -> how often; 0: the connection was closed without an answer.
        broken: number of a case, and what is wrong with what came back.
        sent: cases that were sent; fewer than asked for where the time was over.
        vitals: before, after the first tenth, at the end.
        log_errors: lines of the server's log that tell of an error.
        exit_code: of the server, when it was asked to stop.
    """

    answers: collections.Counter[tuple[str, int]] = field(default_factory=collections.Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)
    vitals: list[Vitals] = field(default_factory=list)
    log_errors: list[str] = field(default_factory=list)
    exit_code: int = 0
    sent: int = 0

    def complaints(self, most_growth: float = MOST_GROWTH) -> Iterator[str]:
        """One line for each promise that was broken."""
        yield from (f"case {number}: {what}" for number, what in self.broken)
        before, early, end = self.vitals
        if end.processes > before.processes:
            yield f"{end.processes} processes, {before.processes} before"
        if end.open_files > early.open_files + 2:
            yield f"{end.open_files} open files, {early.open_files} before"
        if end.memory_mib > most_growth * early.memory_mib:
            yield f"{end.memory_mib:.0f} MiB, {early.memory_mib:.0f} MiB after the first tenth"
        yield from (f"log: {line}" for line in self.log_errors[:5])
        if self.exit_code:
            yield f"the server ended with {self.exit_code}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent.

    Attributes:
        count: of cases.
        seed: which ones.
        clients: that send at the same time.
        until: no case is begun after this time of the monotonic clock.
        keep: where to write the cases that broke something; None: nowhere.
    """

    count: int
    seed: int
    clients: int
    until: float = math.inf
    keep: Path | None = None


def attack(folder: Path, plan: Plan) -> Findings:
    """Start a server, send it what is planned, and stop it.

    Args:
        folder: for the server's data and log.
        plan: what to send.
    """
    findings = Findings()
    environ = {
        "HAZARDLENS_RATE_LIMIT_ANONYMOUS_PER_MINUTE": "0",
        "HAZARDLENS_BODY_IDLE_TIMEOUT_S": str(_BODY_S),
        "HAZARDLENS_MAX_QUEUE_WAIT_S": "60",
    }
    with server_process(folder, SERVE, environ) as server:
        process = psutil.Process(server.process.pid)
        wait_until_ready(server)
        starting = server.log.stat().st_size  # until then it says what it waits for
        _send(server, range(-plan.clients, 0), plan, Findings())  # the first ones load what loads late
        findings.vitals.append(Vitals.of(process))
        early = max(plan.count // 10, 1)
        for numbers in (range(early), range(early, plan.count)):
            _send(server, numbers, plan, findings)
            findings.vitals.append(_settled(process, findings.vitals[0]))
        findings.exit_code = server.stop()
        findings.log_errors = log_errors(server, starting)
    return findings


def log_errors(server: ServerProcess, start: int) -> list[str]:
    """Lines of a server's log that tell of an error, from this byte on."""
    told = server.log.read_bytes()[start:].decode("utf-8", "replace")
    return [line for line in told.splitlines() if _tells_of_an_error(line)]


def _send(server: ServerProcess, numbers: range, plan: Plan, findings: Findings) -> None:
    todo, lock = iter(numbers), threading.Lock()

    def work() -> None:
        while time.monotonic() < plan.until:
            with lock:
                number = next(todo, None)
            if number is None:
                return
            one = case(number, plan.seed)
            tries = list(_try(one, server))
            with lock:
                findings.sent += 1
                findings.answers.update((one.family, status) for status, _ in tries)
                _note(tries[-1][1], number, one, plan, findings)
                if findings.sent % 1000 == 0:
                    now = Vitals.of(psutil.Process(server.process.pid))
                    print(f"{findings.sent}: {now.memory_mib:.0f} MiB, {len(findings.broken)} broken", flush=True)

    threads = [threading.Thread(target=work) for _ in range(plan.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _try(one: Case, server: ServerProcess) -> Iterator[tuple[int, str]]:
    """Send a case until it is answered: each time the status, and what is wrong with it; "" where nothing is."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        if server.process.poll() is not None:
            yield _NO_ANSWER, f"the server is gone with {server.process.returncode}"
            return
        status, kind, body = _exchange(one, server.port)
        if not _is_busy(status, body):
            yield status, _judge(one, status, kind, body)
            return
        if time.monotonic() >= deadline:
            yield status, f"no place for it within {_PATIENCE_S:.0f} s"
            return
        yield status, ""
        time.sleep(_PAUSE_S)


def _is_busy(status: int, body: bytes) -> bool:
    try:
        return status == _BUSY and json.loads(body)["code"] == "overloaded"
    except (ValueError, TypeError, KeyError):
        return False


def _note(wrong: str, number: int, one: Case, plan: Plan, findings: Findings) -> None:
    if not wrong:
        return
    findings.broken.append((number, f"{one.family}: {wrong}"))
    if plan.keep is not None:
        plan.keep.mkdir(parents=True, exist_ok=True)
        (plan.keep / f"{plan.seed}-{number}.http").write_bytes(one.wire)


def _judge(one: Case, status: int, kind: str, body: bytes) -> str:
    """What is wrong with an answer; "" where nothing is."""
    if status >= 500:
        return f"{status} {body[:200]!r}"
    if one.good and status not in {200, 201}:
        return f"a good photo got {status} {body[:200]!r}"
    if status == _NO_ANSWER and one.framed and not one.finished:
        return "a whole request got no answer"
    if status >= 400 and one.framed and kind != "application/problem+json":
        return f"{status} as {kind}"
    return ""


def _exchange(one: Case, port: int) -> tuple[int, str, bytes]:
    """Send a case: the answer's status, content type and body."""
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_S if one.framed else _BODY_S * 4) as connection:
        with contextlib.suppress(OSError):  # refused before all was sent: the answer may be there all the same
            connection.sendall(one.wire)
            if one.cut_off:
                connection.shutdown(socket.SHUT_WR)
        if one.finished:
            return _NO_ANSWER, "", b""
        with contextlib.closing(http.client.HTTPResponse(connection)) as response:
            try:
                response.begin()
                return response.status, response.getheader("content-type", ""), response.read()
            except (OSError, http.client.HTTPException):  # closed, or the server waits for what never comes
                return _NO_ANSWER, "", b""


def _settled(process: psutil.Process, before: Vitals) -> Vitals:
    """Its vitals, once no upload is under way any more; those that do not come down are returned as they are."""
    deadline = time.monotonic() + _SETTLE_S
    while (now := Vitals.of(process)).processes > before.processes and time.monotonic() < deadline:
        time.sleep(0.5)
    return now


def wait_until_ready(server: ServerProcess) -> None:
    """Return once a server can answer everything.

    Raises:
        RuntimeError: it does not get there.
    """
    deadline = time.monotonic() + _PATIENCE_S
    ready = Case("", b"GET /readyz HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n\r\n")
    while _exchange(ready, server.port)[0] != 200:
        if time.monotonic() > deadline:
            raise RuntimeError("the server does not get ready: " + server.log.read_text()[-2000:])
        time.sleep(0.1)


def _tells_of_an_error(line: str) -> bool:
    try:
        return json.loads(line).get("level") in {"error", "critical"}
    except (ValueError, AttributeError):
        return True  # a traceback, or what a library wrote past the log


def main() -> int:
    """Attack a server, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="uploads; default: 10000")
    parser.add_argument("--seed", type=int, default=1, help="which uploads; default: 1")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which no more are sent; default: none")
    parser.add_argument("--clients", type=int, default=4, help="at the same time; default: 4")
    asked = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hazardlens-fuzz-") as folder:
        plan = Plan(asked.count, asked.seed, asked.clients, start + asked.minutes * 60, _FOLDER)
        findings = attack(Path(folder), plan)
    _print(findings, asked.count, time.monotonic() - start)
    complaints = list(findings.complaints())
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def _print(findings: Findings, count: int, seconds: float) -> None:
    statuses = sorted({status for _, status in findings.answers})
    print("| damaged | " + " | ".join("none" if status == _NO_ANSWER else str(status) for status in statuses) + " |")
    print("| --- |" + " ---: |" * len(statuses))
    for family in dict.fromkeys(family for family, _ in sorted(findings.answers)):
        print(f"| {family} | " + " | ".join(str(findings.answers[family, status]) for status in statuses) + " |")
    for when, found in zip(
        ("before", f"after {max(count // 10, 1)}", f"after {findings.sent}"), findings.vitals, strict=True
    ):
        print(f"{when}: {found.processes} processes, {found.open_files} open files, {found.memory_mib:.0f} MiB")
    print(f"{findings.sent} uploads in {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
