import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hazardlens.model.errors import InferenceError
from hazardlens.model.pipeline import Classification, Classifier
from support.command_line import Invoke, Result, write_photo


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.splitlines()]


def test_people_get_a_table(invoke: Invoke, bundle: Path, photo: Path) -> None:
    result = invoke("classify", photo, "--bundle", bundle)
    assert result.code == 0
    heading, row = (" ".join(line.split()) for line in result.out.splitlines())
    assert heading == "file category urgency confidence needs a person reason"
    assert row.startswith(f"{photo} Stacked clutter routine 0.90 The photo shows")
    assert result.err == ""


def test_the_table_speaks_chinese(invoke: Invoke, bundle: Path, photo: Path) -> None:
    result = invoke("classify", photo, "--bundle", bundle, "--lang", "zh")
    assert all(word in result.out for word in ("类别", "堆物堆料", "照片中有"))


def test_json_has_the_endpoints_fields_and_the_path(invoke: Invoke, bundle: Path, photo: Path) -> None:
    (line,) = _lines(invoke("classify", photo, "--bundle", bundle, "--json"))
    assert line.pop("path") == str(photo)
    answer = Classification.model_validate(line)
    assert answer.prefill.category == "stacked_clutter"
    assert answer.media[0].name == "one.jpg"
    assert (answer.media[0].width, answer.media[0].height) == (64, 48)
    assert len(answer.request_id) > 0


def test_each_photo_is_a_classification_of_its_own_in_order(invoke: Invoke, bundle: Path, tmp_path: Path) -> None:
    for number in range(12):
        write_photo(tmp_path / f"{number:02}.jpg", size_wh=(10 + number, 10))
    lines = _lines(invoke("classify", tmp_path, "--bundle", bundle, "--json"))
    assert [Path(line["path"]).stem for line in lines] == [f"{number:02}" for number in range(12)]
    assert [line["media"][0]["width"] for line in lines] == [10 + number for number in range(12)]
    assert len({line["request_id"] for line in lines}) == 12


def test_text_joins_the_decision_of_each_photo(invoke: Invoke, bundle: Path, photo: Path) -> None:
    (line,) = _lines(invoke("classify", photo, "--bundle", bundle, "--json", "--text", "楼道里堆满纸箱，消防通道堵了"))
    (plain,) = _lines(invoke("classify", photo, "--bundle", bundle, "--json"))
    assert line["prefill"]["category"] == "blocked_fire_exit"
    assert plain["prefill"]["category"] == "stacked_clutter"


def test_min_confidence_filters_the_list_and_not_the_decision(invoke: Invoke, bundle: Path, photo: Path) -> None:
    (low,) = _lines(invoke("classify", photo, "--bundle", bundle, "--json", "--min-confidence", "0.89"))
    (high,) = _lines(invoke("classify", photo, "--bundle", bundle, "--json", "--min-confidence", "0.95"))
    assert (len(low["media"][0]["detections"]), len(high["media"][0]["detections"])) == (1, 0)
    assert low["prefill"] == high["prefill"]


class TestBadPhotos:
    @pytest.fixture
    def mixed(self, tmp_path: Path) -> Path:
        folder = tmp_path / "mixed"
        write_photo(folder / "a.jpg")
        (folder / "b.jpg").write_text("text named .jpg")
        (folder / "c.jpg").write_bytes(b"")
        (folder / "d.jpg").write_bytes((folder / "a.jpg").read_bytes()[:-200])
        write_photo(folder / "e.png")
        (folder / "notes.txt").write_text("x")
        return folder

    def test_json_has_a_line_for_each_and_the_rest_goes_on(self, invoke: Invoke, bundle: Path, mixed: Path) -> None:
        result = invoke("classify", mixed, mixed / "gone.jpg", "--bundle", bundle, "--json")
        assert result.code == 1
        codes = [line.get("error", {}).get("code") for line in _lines(result)]
        assert codes == [None, "image_format_unsupported", "image_empty", "image_broken", None, "file_missing"]
        assert all(set(line) == {"path", "error"} for line in _lines(result) if "error" in line)
        assert "2 classified, 4 failed, 1 other files skipped" in result.err

    def test_the_table_has_the_good_and_standard_error_the_bad(self, invoke: Invoke, bundle: Path, mixed: Path) -> None:
        result = invoke("classify", mixed, "--bundle", bundle)
        assert result.code == 1
        assert len(result.out.splitlines()) == 3
        assert f"{mixed / 'c.jpg'}: the photo is empty: 0 bytes [image_empty]" in result.err

    def test_no_good_photo_means_no_table(self, invoke: Invoke, bundle: Path, mixed: Path) -> None:
        result = invoke("classify", mixed / "b.jpg", "--bundle", bundle)
        assert (result.code, result.out) == (1, "")

    def test_a_runtime_that_fails_on_one_photo_is_told(
        self, invoke: Invoke, bundle: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> Classification:
            raise InferenceError("out of memory")

        monkeypatch.setattr(Classifier, "classify", fail)
        result = invoke("classify", photo, "--bundle", bundle, "--json")
        assert result.code == 1
        assert _lines(result)[0]["error"] == {"code": "inference_failed", "detail": "out of memory"}


class TestUsage:
    @pytest.mark.parametrize(
        ("args", "message"),
        [
            pytest.param(["nope.jpg"], "nothing to classify: nope.jpg: no such file or folder", id="missing"),
            pytest.param(["{empty}"], "no photo or clip found there (1 other files)", id="nothing in the folder"),
            pytest.param(["{photo}", "--bundle", "nowhere"], "nowhere: no such bundle folder", id="no bundle"),
            pytest.param(["{photo}", "--bundle", "{empty}"], "manifest.json: not in the bundle", id="no manifest"),
            pytest.param(["{photo}", "--bundle", "{bad}"], "model.onnx: sha256 is", id="changed bundle"),
            pytest.param(["{photo}", "--min-confidence", "2"], "--min-confidence", id="out of range"),
            pytest.param(["{photo}", "--min-confidence", "nan"], "--min-confidence", id="not a number"),
            pytest.param(["{photo}", "--lang", "fr"], "--lang", id="unknown language"),
            pytest.param(["{photo}", "--text", "\udcff"], "not valid UTF-8", id="text of odd bytes"),
            pytest.param(["{photo}", "--nope"], "--nope", id="unknown option"),
            pytest.param(["{photo}", "--bundle", "{tiny}", "--save", "{photo}"], "cannot save", id="save into a file"),
        ],
    )
    def test_a_mistake_is_told_in_words_and_ends_with_2(
        self, invoke: Invoke, bundle: Path, photo: Path, tmp_path: Path, args: list[str], message: str
    ) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / "notes.txt").write_text("x")
        shutil.copytree(bundle, tmp_path / "bad")
        (tmp_path / "bad" / "model.onnx").write_bytes(b"changed")
        names = {"empty": tmp_path / "empty", "bad": tmp_path / "bad", "photo": photo, "tiny": bundle}
        result = invoke("classify", *(arg.format(**names) for arg in args))
        assert result.code == 2
        assert message in result.err
        assert result.out == ""

    def test_without_arguments_it_helps(self, invoke: Invoke) -> None:
        result = invoke("classify")
        assert result.code == 2
        assert "Examples:" in result.out + result.err

    @pytest.mark.parametrize("command", ["classify", "serve"])
    def test_help_has_an_example_and_the_exit_codes(self, invoke: Invoke, command: str) -> None:
        result = invoke(command, "--help")
        assert result.code == 0
        assert f"  hazardlens {command} " in result.out
        assert "Exit codes: 0 " in result.out


class TestSave:
    def test_copies_carry_boxes_and_no_metadata(self, invoke: Invoke, bundle: Path, photo: Path) -> None:
        out = photo.parent / "annotated"
        (line,) = _lines(invoke("classify", photo, "--bundle", bundle, "--json", "--save", out))
        assert line["saved"] == str(out / "one.jpg")
        with Image.open(out / "one.jpg") as copy, Image.open(photo) as original:
            assert copy.size == original.size
            assert original.getexif()
            assert not copy.getexif()
            assert copy.tobytes() != original.tobytes()

    def test_a_copy_is_as_large_as_the_photo(self, invoke: Invoke, bundle: Path, tmp_path: Path) -> None:
        large = write_photo(tmp_path / "large.jpg", size_wh=(1000, 700))
        invoke("classify", large, "--bundle", bundle, "--save", tmp_path / "out")
        with Image.open(tmp_path / "out" / "large.jpg") as copy:
            assert copy.size == (1000, 700)

    def test_twice_keeps_both_and_walks_into_none(self, invoke: Invoke, bundle: Path, photo: Path) -> None:
        out = photo.parent / "annotated"
        for _ in range(2):
            result = invoke("classify", photo.parent, "--bundle", bundle, "--save", out, "--json")
            assert len(_lines(result)) == 1
        assert sorted(path.name for path in out.iterdir()) == ["one-2.jpg", "one.jpg"]

    def test_bad_photos_leave_no_copy(self, invoke: Invoke, bundle: Path, photo: Path) -> None:
        (photo.parent / "bad.jpg").write_text("x")
        out = photo.parent / "annotated"
        assert invoke("classify", photo.parent, "--bundle", bundle, "--save", out).code == 1
        assert [path.name for path in out.iterdir()] == ["one.jpg"]


def test_names_cannot_steer_the_terminal(invoke: Invoke, bundle: Path, tmp_path: Path) -> None:
    write_photo(tmp_path / "👩‍🚒 [red]\x1b[31m\u202e.jpg")
    (tmp_path / "\x1b]0;title\x07.jpg").write_text("bad")
    table = invoke("classify", tmp_path, "--bundle", bundle)
    lines = invoke("classify", tmp_path, "--bundle", bundle, "--json")
    assert "👩‍🚒 [red]\\x1b[31m\\u202e.jpg" in table.out
    assert "\\x1b]0;title\\x07.jpg" in table.err
    for written in (table.out, table.err, lines.out, lines.err):
        assert "\x1b" not in written
        assert "\u202e" not in written
    assert {Path(line["path"]).name for line in _lines(lines)} == {path.name for path in tmp_path.iterdir()}
