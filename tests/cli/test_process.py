"""The command as users start it: real exit codes, real streams, real signals."""

import json
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from support.command_line import Run, command, write_photo


def test_the_version(run: Run) -> None:
    result = run("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"hazardlens {version('hazardlens')}\n", "")


def test_exit_codes_tell_good_from_bad_from_usage(run: Run, bundle: Path, photo: Path) -> None:
    bad = photo.with_name("bad.jpg")
    bad.write_text("x")
    results = [
        run("classify", "--bundle", bundle, *paths) for paths in ([photo], [photo, bad], [photo.with_name("no.jpg")])
    ]
    assert [result.returncode for result in results] == [0, 1, 2]
    assert not any("Traceback" in result.stderr for result in results)


def test_standard_output_is_only_json(run: Run, bundle: Path, photo: Path) -> None:
    photo.with_name("bad.jpg").write_text("x")
    result = run("classify", photo.parent, "--bundle", bundle, "--json")
    assert [json.loads(line)["path"] for line in result.stdout.splitlines()] == [
        str(photo.with_name("bad.jpg")),
        str(photo),
    ]


def test_an_old_locale_and_odd_bytes_are_no_reason_to_fail(run: Run, bundle: Path, tmp_path: Path) -> None:
    odd = write_photo(tmp_path / "caf\udce9 门.jpg")
    environ = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    table = run("classify", odd, "--bundle", bundle, "--lang", "zh", **environ)
    lines = run("classify", odd, "--bundle", bundle, "--json", **environ)
    assert (table.returncode, lines.returncode) == (0, 0)
    assert "caf\\xe9 \\u95e8.jpg" in table.stdout
    assert json.loads(lines.stdout)["path"].endswith("caf\\xe9 门.jpg")


def test_ctrl_c_ends_with_130_and_without_a_traceback(bundle: Path, tmp_path: Path) -> None:
    first = write_photo(tmp_path / "0.jpg")
    for number in range(1, 3000):
        (tmp_path / f"{number}.jpg").hardlink_to(first)
    process = subprocess.Popen(
        command("classify", tmp_path, "--bundle", bundle, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("{")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == ""


def test_a_reader_that_leaves_early_is_no_traceback(bundle: Path, tmp_path: Path) -> None:
    first = write_photo(tmp_path / "0.jpg")
    for number in range(1, 300):
        (tmp_path / f"{number}.jpg").hardlink_to(first)
    process = subprocess.Popen(
        command("classify", tmp_path, "--bundle", bundle, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 1
    assert b"Traceback" not in err


@pytest.mark.parametrize("args", [["--help"], ["classify", "--help"], ["serve", "--help"]])
def test_help_loads_nothing_heavy(args: list[str]) -> None:
    script = (
        "import sys\n"
        "from hazardlens.cli.main import app\n"
        f"app({args!r}, standalone_mode=False)\n"
        "heavy = {'numpy', 'onnxruntime', 'PIL', 'fastapi', 'uvicorn', 'torch'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr


def test_classifying_loads_no_torch(bundle: Path, photo: Path) -> None:
    script = (
        "import sys\n"
        "from hazardlens.cli.main import app\n"
        f"app(['classify', {str(photo)!r}, '--bundle', {str(bundle)!r}], standalone_mode=False)\n"
        "heavy = {'torch', 'ultralytics', 'cv2', 'fastapi', 'uvicorn'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
