"""`hazardlens classify` with clips: rows, JSON, what is saved, what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hazardlens.cli.bars import Bars
from hazardlens.cli.batch import Job, classify_one
from hazardlens.cli.clips import limits_for
from hazardlens.cli.photos import Candidate
from hazardlens.model.bundle import read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.errors import ClipStoppedError
from hazardlens.model.pipeline import Classification, Classifier, ClipResult
from hazardlens.model.triage.policy import load_policy
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.reading import open_clip
from support.command_line import Invoke, Result, write_photo
from support.footage import footage, heap_from


@pytest.fixture(scope="module")
def clip_bytes() -> bytes:
    return footage(3.0, heap_from(1.0, 2.0))


@pytest.fixture
def clip(tmp_path: Path, clip_bytes: bytes) -> Path:
    path = tmp_path / "clips" / "yard.mp4"
    path.parent.mkdir()
    path.write_bytes(clip_bytes)
    return path


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def test_a_clip_has_a_row_with_the_time_in_which_it_shows(invoke: Invoke, bundle: Path, clip: Path) -> None:
    result = invoke("classify", clip, "--bundle", bundle)
    assert result.code == 0
    heading, row = (" ".join(line.split()) for line in result.out.splitlines())
    assert heading == "file category urgency confidence needs a person seen reason"
    assert f"{clip} Stacked clutter routine 0.90 0:00." in row
    assert "–0:02." in row


def test_photos_and_clips_stand_on_one_command_line(invoke: Invoke, bundle: Path, clip: Path) -> None:
    write_photo(clip.parent / "a.jpg")
    (clip.parent / "b.mov").write_bytes(clip.read_bytes()[:900])
    lines = _lines(result := invoke("classify", clip.parent, "--bundle", bundle, "--json"))
    assert result.code == 1
    assert [Path(line["path"]).name for line in lines] == ["a.jpg", "b.mov", "yard.mp4"]
    assert lines[1]["error"]["code"] == "video_broken"
    assert [line["media"][0]["kind"] for line in (lines[0], lines[2])] == ["image", "video"]
    assert len({line["request_id"] for line in (lines[0], lines[2])}) == 2


def test_json_has_the_endpoints_fields(invoke: Invoke, bundle: Path, clip: Path) -> None:
    (line,) = _lines(invoke("classify", clip, "--bundle", bundle, "--json"))
    assert line.pop("path") == str(clip)
    (entry,) = Classification.model_validate(line).media
    assert isinstance(entry, ClipResult)
    assert (entry.name, entry.width, entry.height, entry.duration_s) == ("yard.mp4", 400, 300, 3.0)
    found = entry.detections[0]
    assert 0 <= found.from_s <= found.time_s <= found.until_s <= 3


def test_what_a_file_holds_counts_and_not_its_name(invoke: Invoke, bundle: Path, clip: Path) -> None:
    odd = clip.rename(clip.with_name("yard.jpg"))
    (line,) = _lines(invoke("classify", odd, "--bundle", bundle, "--json"))
    assert line["media"][0]["kind"] == "video"


def test_save_writes_the_evidence_frames_and_an_annotated_clip(invoke: Invoke, bundle: Path, clip: Path) -> None:
    out = clip.parent / "out"
    (line,) = _lines(invoke("classify", clip, "--bundle", bundle, "--json", "--save", out))
    assert line["saved"] == str(out / "yard.mp4")
    frames = [Path(path) for path in line["saved_frames"]]
    assert sorted(out.iterdir()) == sorted([out / "yard.mp4", *frames])
    assert all(path.name.startswith("yard-000") and path.name.endswith("s.jpg") for path in frames)
    for path in frames:
        with Image.open(path) as picture:
            assert (picture.size, picture.format) == ((400, 300), "JPEG")
    with open_clip(out / "yard.mp4") as copy, open_clip(clip) as original:
        assert (copy.info.codec, copy.info.width, copy.info.height) == ("h264", 400, 300)
        drawn, plain = next(iter(copy)).pixels, next(iter(original)).pixels
    assert (abs(drawn.astype(int) - plain).max(axis=2) > 60).sum() > 200  # lines of boxes


def test_a_clip_that_is_too_long_is_refused_unless_more_is_allowed(invoke: Invoke, bundle: Path, clip: Path) -> None:
    (line,) = _lines(invoke("classify", clip, "--bundle", bundle, "--json", "--max-seconds", "1"))
    assert line["error"]["code"] == "video_too_long"


def test_limits_grow_with_the_length_that_is_allowed() -> None:
    assert limits_for(180) == VideoLimits()
    assert limits_for(60) == VideoLimits(max_seconds=60)
    usual, longer = VideoLimits(), limits_for(10 * VideoLimits().max_seconds)
    assert (longer.max_frames, longer.max_cpu_s) == (10 * usual.max_frames, 10 * usual.max_cpu_s)
    assert (longer.max_memory_bytes, longer.max_frame_pixels) == (usual.max_memory_bytes, usual.max_frame_pixels)


def test_ctrl_c_ends_the_work_on_a_clip(bundle: Path, clip: Path) -> None:
    job = Job(Classifier(OnnxDetector(read_bundle(bundle)), load_policy()))
    outcome = classify_one(job, Candidate(clip), lambda: True)
    assert isinstance(outcome.error, ClipStoppedError)


def test_progress_of_a_clip_is_told(bundle: Path, clip: Path) -> None:
    told: list[tuple[Path, float]] = []
    classifier = Classifier(OnnxDetector(read_bundle(bundle)), load_policy())
    job = Job(classifier, progress=lambda path, done: told.append((path, done)))
    classify_one(job, Candidate(clip))
    assert {path for path, _ in told} == {clip}
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert told[-1][1] > 0.5


def test_a_terminal_sees_a_bar_and_a_pipe_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    with Bars(1, silent=False) as shown:
        shown.clip(Path("a/walk\x1b.mp4"), 0.5)
        shown.finished(Path("a/walk\x1b.mp4"))
    seen = capsys.readouterr().err
    assert "walk\\x1b.mp4" in seen
    assert "50%" in seen
    with Bars(100, silent=True) as hidden:
        hidden.clip(Path("walk.mp4"), 0.5)
    monkeypatch.delenv("FORCE_COLOR")
    with Bars(100, silent=False) as piped:
        piped.clip(Path("walk.mp4"), 0.5)
    assert capsys.readouterr().err == ""
