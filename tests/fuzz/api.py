#!/usr/bin/env python3
"""Ask a running server whatever its OpenAPI document allows, and what it forbids, in the name of everybody who may ask.

`make fuzz-api EXAMPLES=25`. Exit code 1: a 5xx, no answer, or a status, a content type or a body that the document does
not know.
"""

import argparse
import collections
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

_TESTS: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_TESTS))

from fuzz.subjects import CLIP, PARTS, ROLES, Subjects  # noqa: E402 - found only from here on
from fuzz.uploads import SERVE, log_errors, wait_until_ready  # noqa: E402
from hazardlens.serve.store.engine import Store  # noqa: E402
from support.models import Models  # noqa: E402
from support.pictures import jpeg, marked, saved  # noqa: E402
from support.serving import server_process  # noqa: E402

ALONE: Final = """
import socket

def nowhere(host, *_args, **_more):
    raise socket.gaierror(socket.EAI_NONAME, "no network here")

socket.getaddrinfo = nowhere
"""
"""What is made up may be an address, to which the server must send nothing."""

PHOTO: Final = jpeg()
CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
_FORM: Final = "multipart/form-data"
_MODES: Final = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
_PATIENCE_S: Final = 120.0
_MOST_KEPT: Final = 5
_MORE: Final = 4
"""Times as many requests, where whole and part, right and wrong of both, are asked for."""


@dataclass(slots=True)
class Tally:
    """What came of one operation for one role.

    Attributes:
        statuses: how often each came; 0: no answer.
        failures: what is wrong, and how to ask for it again; the first few kinds.
        failed: requests with anything wrong about them.
    """

    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    failures: dict[str, str] = field(default_factory=dict)
    failed: int = 0

    def note(self, how: str, *wrong: str) -> None:
        """Count a request that failed, and keep how it is sent."""
        self.failed += 1
        for what in wrong:
            if len(self.failures) < _MOST_KEPT:
                self.failures.setdefault(what, how)


class Fuzzer:
    """Asks one server."""

    def __init__(self, address: str, subjects: Subjects, *, examples: int, seed_number: int) -> None:
        """Read the server's document.

        Args:
            address: of the server.
            subjects: on its database.
            examples: for each operation, role and kind of data.
            seed_number: which ones.
        """
        self.schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        self._subjects = subjects
        self._examples = examples
        self._seed = seed_number
        self._undeniable: set[str] = set()  # nothing that they take is wrong

    def operations(self) -> Iterator[Any]:
        """All of the document."""
        for found in self.schema.get_all_operations():
            yield found.ok()

    def ask(self, operation: Any, role: str) -> Tally:  # noqa: ANN401 - schemathesis is not there where types are checked
        """Send an operation what it takes, and what it does not.

        Wrong data for uploads take for ever to make; `make fuzz` and `make fuzz-uploads` see to those.
        """
        tally = Tally()
        takes_uploads = _FORM in {body.media_type for body in operation.body}
        for mode in _MODES[:1] if takes_uploads else _MODES:
            if mode is _MODES[0] or operation.label not in self._undeniable:
                self._ask(operation, role, mode, tally)
        return tally

    def _ask(self, operation: Any, role: str, mode: Any, tally: Tally) -> None:  # noqa: ANN401 - as above
        in_parts = "206" in operation.definition.raw["responses"]

        @seed(self._seed * len(ROLES) + ROLES.index(role))
        @settings(
            max_examples=self._examples * (_MORE if in_parts else 1),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            true_parts=st.integers(0, 2),
            part=st.one_of([st.sampled_from(some) for some in PARTS]) if in_parts else st.just({}),
        )
        def check(case: Any, true_parts: int, part: Mapping[str, str]) -> None:  # noqa: ANN401 - as above
            headers = self._subjects.headers_of(role)
            if true_parts > 0:
                self._subjects.put_in_path(case, role)
            if true_parts > 1:
                self._subjects.put_in_body(case, PHOTO)
            case.headers.update(part)
            how = case.as_curl_command()
            try:
                response = case.call(headers=headers, timeout=_PATIENCE_S)
                tally.statuses[response.status_code] += 1
                case.validate_response(response, checks=list(CHECKS))
            except OSError as error:  # of requests
                tally.statuses[0] += 1
                tally.note(how, f"no answer: {type(error).__name__}")
            except FailureGroup as group:
                tally.note(how, *(f"{response.status_code}: {failure}" for failure in group.exceptions))

        try:
            check()
        except Unsatisfiable:
            self._undeniable.add(operation.label)


@dataclass(slots=True)
class Findings:
    """What came of a run.

    Attributes:
        tallies: for each operation and role.
        log_errors: lines of the server's log that tell of an error.
        exit_code: of the server, when it was asked to stop.
    """

    tallies: dict[str, dict[str, Tally]] = field(default_factory=dict)
    log_errors: list[str] = field(default_factory=list)
    exit_code: int = 0

    def complaints(self) -> Iterator[str]:
        """A few lines for each kind of failure."""
        for label, by_role in self.tallies.items():
            for role, tally in by_role.items():
                yield from (f"{label} as {role}: {what}\n{how}\n" for what, how in tally.failures.items())
        yield from (f"log: {line}" for line in self.log_errors[:5])
        if self.exit_code:
            yield f"the server ended with {self.exit_code}"


def fuzz(folder: Path, *, examples: int, seed_number: int, only: str) -> Findings:
    """Start a server with a small model, ask it as everybody, and stop it.

    Args:
        folder: for the server's data and log.
        examples: for each operation, role and kind of data.
        seed_number: which ones.
        only: part of the operations' names.
    """
    models, findings = Models(folder), Findings()
    models.add("2")
    environ = {"HAZARDLENS_BUNDLE_PATH": str(models.default), "HAZARDLENS_MODEL_TRIAL_S": "0"}
    with server_process(folder, ALONE + SERVE, environ) as server:
        wait_until_ready(server)
        starting = server.log.stat().st_size
        store = Store(f"sqlite:///{folder / 'var' / 'hazardlens.sqlite3'}")
        subjects = Subjects(store, folder / "var" / "media")
        fuzzer = Fuzzer(server.address, subjects, examples=examples, seed_number=seed_number)
        for operation in fuzzer.operations():
            if only in operation.label:
                tallies = {role: fuzzer.ask(operation, role) for role in ROLES}
                findings.tallies[operation.label] = tallies
                print(_row(operation.label, tallies), flush=True)
        store.close()
        findings.exit_code = server.stop()
        findings.log_errors = log_errors(server, starting)
    return findings


def register_files() -> None:
    """Let there be photos and clips among the files that are made up."""
    schemathesis.openapi.format("binary", st.sampled_from([PHOTO, saved(marked(), "PNG"), CLIP, b""]) | st.binary())
    schemathesis.serializer("video/mp4")(lambda _, value: {"data": value if isinstance(value, bytes) else CLIP})


def _row(label: str, tallies: dict[str, Tally]) -> str:
    counts = [f"{tally.statuses.total()} / {tally.failed}" for tally in tallies.values()]
    statuses = sorted({status for tally in tallies.values() for status in tally.statuses})
    return f"| {label} | {' | '.join(counts)} | {' '.join(map(str, statuses))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--examples", type=int, default=25, help="for each operation, role, and right or wrong data; default: 25"
    )
    parser.add_argument("--seed", type=int, default=1, help="which ones; default: 1")
    parser.add_argument("--only", default="", help="operations with this in their name, as `POST /v1/keys`")
    asked = parser.parse_args(arguments)
    start = time.monotonic()
    register_files()
    print(f"| requests / failures | {' | '.join(ROLES)} | statuses |")
    print("| --- |" + " ---: |" * len(ROLES) + " --- |")
    with tempfile.TemporaryDirectory(prefix="hazardlens-fuzz-") as folder:
        findings = fuzz(Path(folder), examples=asked.examples, seed_number=asked.seed, only=asked.only)
    tallies = [tally for by_role in findings.tallies.values() for tally in by_role.values()]
    count, failed = sum(tally.statuses.total() for tally in tallies), sum(tally.failed for tally in tallies)
    print(f"{count} requests, {failed} failures in {time.monotonic() - start:.0f} s")
    complaints = list(findings.complaints())
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints or not count else 0


if __name__ == "__main__":
    sys.exit(main())
