import threading

import pytest
from argon2 import PasswordHasher

from hazardlens.serve.access import passwords
from hazardlens.serve.access.errors import PasswordWeakError
from hazardlens.serve.access.passwords import (
    MAX_CHARS,
    NOBODY,
    check_strength,
    hash_password,
    is_outdated,
    password_matches,
)
from hazardlens.serve.errors import OverloadedError
from support.accounts import CHEAP_HASH, PASSWORD


def test_a_hash_is_argon2id_and_fits_its_password_only() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert stored != hash_password(PASSWORD)
    assert password_matches(PASSWORD, stored)
    assert not password_matches(PASSWORD + "r", stored)
    assert not is_outdated(stored)


def test_full_width_letters_of_a_chinese_keyboard_are_the_same_letters() -> None:
    assert password_matches("ｃorrect horse battery staple", CHEAP_HASH)


@pytest.mark.parametrize("stored", [None, "", "not a hash", NOBODY])
def test_without_a_good_hash_nothing_matches(stored: str | None) -> None:
    assert not password_matches(PASSWORD, stored)


def test_nobody_s_password_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "NOBODY", CHEAP_HASH)
    assert not password_matches(PASSWORD, None)


def test_nobody_s_hash_costs_what_everybody_s_does() -> None:
    assert not is_outdated(NOBODY)


def test_a_hash_of_other_parameters_is_outdated_and_still_works() -> None:
    other = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert is_outdated(other)
    assert password_matches(PASSWORD, other)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        pytest.param("short", "at least 12", id="too short"),
        pytest.param("x" * (MAX_CHARS + 1), "at most", id="too long"),
        pytest.param("abababababababab", "different", id="few characters"),
        pytest.param("administrator1", "more than the name", id="the name and a digit"),
        pytest.param("1Administrator", "more than the name", id="a digit and the name in capitals"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, said: str) -> None:
    with pytest.raises(PasswordWeakError, match=said):
        check_strength(password, "administrator", min_chars=12)


@pytest.mark.parametrize("password", [PASSWORD, "administrator of the east side", "密码是一句很长的中文话没有人猜得到"])
def test_a_sentence_is_a_good_password(password: str) -> None:
    check_strength(password, "administrator", min_chars=12)


def test_many_at_once_are_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_PATIENCE_S", 0)
    monkeypatch.setattr(passwords, "_AT_ONCE", threading.BoundedSemaphore(1))
    with passwords._turn(), pytest.raises(OverloadedError):
        password_matches(PASSWORD, CHEAP_HASH)
    assert password_matches(PASSWORD, CHEAP_HASH)
