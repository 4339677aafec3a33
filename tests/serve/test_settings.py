import re
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hazardlens.serve.cores import usable_cores
from hazardlens.serve.errors import SettingsError
from hazardlens.serve.settings import PREFIX, Settings, load_settings
from support.project import REPO

ROW: Final = re.compile(r"^\| `(HAZARDLENS_\w+)` \| `?(.+?)`? \|", re.MULTILINE)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_PORT", "9000")
    monkeypatch.setenv("hazardlens_max_files", "3")
    settings = load_settings()
    assert (settings.port, settings.max_files) == (9000, 3)


def test_a_chosen_value_wins_and_none_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_PORT", "9000")
    assert load_settings(port=9001, host=None).port == 9001
    assert load_settings(port=None).port == 9000


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_PORT", "")
    assert load_settings().port == 8000


def test_an_unknown_variable_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_MAX_BODY_BYTE", "5")
    with pytest.raises(SettingsError, match=r"^HAZARDLENS_MAX_BODY_BYTE: .*did you mean HAZARDLENS_MAX_BODY_BYTES\?$"):
        load_settings()


def test_an_unknown_variable_that_resembles_none_gets_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZARDLENS_ZZZZZZ", "5")
    with pytest.raises(SettingsError, match=r"known are HAZARDLENS_[.]{3}, with ANONYMOUS_INTAKE, "):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "http"),
        ("max_files", "0"),
        ("max_body_bytes", "64 MiB"),
        ("max_pixels", "-1"),
        ("inference_threads", "0"),
        ("queue_length", "-1"),
        ("body_idle_timeout_s", "0"),
        ("log_format", "xml"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), value)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert str(error.value).startswith(f"HAZARDLENS_{name.upper()}: ")
    assert repr(value) in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^speed: no such setting$"):
        load_settings(speed="fast")


def test_they_cannot_be_changed() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.startswith(("max_", "body_"))])
def test_limits_have_their_unit_in_their_name(name: str) -> None:
    assert name.endswith(("_bytes", "_connections", "_files", "_pixels", "_chars", "_frames", "_s"))


def test_the_guide_lists_every_setting_with_its_default() -> None:
    listed = dict(ROW.findall((REPO / "docs" / "settings.md").read_text("utf-8")))
    assert set(listed) == {PREFIX + name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float | str):
            assert listed[PREFIX + name.upper()] == _written(field.default), name


def _written(value: Any) -> str:  # noqa: ANN401 - any default
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    ("content", "most"),
    [("150000 100000", 2), ("100000 100000", 1), ("10000 100000", 1), ("99999999 100000", None), ("max 100000", None)],
)
def test_cores_are_no_more_than_a_container_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, most: int | None
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(6)))
    quota = tmp_path / "cpu.max"
    quota.write_text(content + "\n")
    assert usable_cores(quota) == (most or 6)
    assert usable_cores(tmp_path / "none") == 6
