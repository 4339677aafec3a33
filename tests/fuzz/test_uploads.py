"""A few hundred damaged uploads to a running server with the bundle that ships; `make fuzz-uploads` sends thousands."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from fuzz import uploads
from fuzz.attacks import case
from fuzz.uploads import Findings, Plan, Vitals, attack

COUNT: Final = 304
FAMILIES: Final = 16
BUSY: Final = b'{"code": "overloaded"}'
SOUND: Final = Vitals(1, 30, 300)


@pytest.mark.slow  # starts a server and sends it 304 uploads: 20 s
def test_no_damaged_upload_is_an_error_of_ours_or_leaves_anything_behind(tmp_path: Path) -> None:
    findings = attack(tmp_path, Plan(COUNT, seed=1, clients=2))
    # Memory of so short a run still grows by what each thread loads once: a leak shows after thousands.
    assert list(findings.complaints(most_growth=1.5)) == []
    answered = Counter(status for _, status in findings.answers.elements())
    assert findings.sent == COUNT
    assert {200, 201, 400, 415, 422} <= set(answered)


def test_a_case_comes_back_by_its_number() -> None:
    assert [case(number, 7) for number in range(32)] == [case(number, 7) for number in range(32)]
    assert case(0, 7) != case(0, 8)
    assert len({case(number, 7).family for number in range(FAMILIES)}) > 10
    assert sum(case(number, 7).good for number in range(FAMILIES)) == 1


@pytest.mark.parametrize(
    ("answers", "statuses", "wrong"),
    [
        ([(503, BUSY), (200, b"")], [503, 200], ""),
        ([(503, BUSY)] * 9, [503] * 2, "no place for it within 2 s"),
        ([(503, b"")], [503], "503 b''"),
    ],
    ids=["in the end there is a place", "there never is one", "no answer of the service"],
)
def test_what_finds_no_place_is_sent_again_for_a_while(
    answers: list[tuple[int, bytes]], statuses: list[int], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo, now_s = iter(answers), iter(range(99))

    def exchange(*_: object) -> tuple[int, str, bytes]:
        status, body = next(todo)
        return status, "", body

    monkeypatch.setattr(uploads, "_exchange", exchange)
    monkeypatch.setattr(uploads, "_PATIENCE_S", 2)
    monkeypatch.setattr(uploads, "time", SimpleNamespace(monotonic=lambda: next(now_s), sleep=lambda _: None))
    server: Any = SimpleNamespace(process=SimpleNamespace(poll=lambda: None), port=0)
    tries = list(uploads._try(case(0, 1), server))
    assert ([status for status, _ in tries], tries[-1][1]) == (statuses, wrong)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"broken": [(3, "500")]}, "case 3: 500"),
        ({"vitals": [SOUND, SOUND, Vitals(2, 30, 300)]}, "2 processes, 1 before"),
        ({"vitals": [SOUND, SOUND, Vitals(1, 40, 300)]}, "40 open files, 30 before"),
        ({"vitals": [SOUND, SOUND, Vitals(1, 30, 361)]}, "361 MiB, 300 MiB after the first tenth"),
        ({"log_errors": ["Traceback"]}, "log: Traceback"),
        ({"exit_code": 1}, "the server ended with 1"),
    ],
)
def test_what_is_broken_is_told(changes: dict[str, object], complaint: str) -> None:
    sound = Findings(vitals=[SOUND, SOUND, Vitals(1, 31, 359)])
    assert list(sound.complaints()) == []
    for name, value in changes.items():
        setattr(sound, name, value)
    assert list(sound.complaints()) == [complaint]
