"""A clip from bytes to a decision, with frames made in memory: times, tracks, evidence frames, second looks."""

import io
import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ModelInfo, ScriptedDetector
from hazardlens.model.errors import ClipStoppedError, MediaError, VideoBrokenError
from hazardlens.model.images import Photo
from hazardlens.model.manifest import LabelEntry
from hazardlens.model.pipeline import Classifier, ClipResult, Upload
from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.policy import Policy, load_policy
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.classifying import ClipAnswer, ClipClassifier, OpenedClip
from hazardlens.model.video.limits import VideoLimits
from support import pictures
from support.memory_clips import MemoryOpener, Pixels, find_patch, panned, texture, with_patch

LABELS = ("manhole_open", "exit_door")
INFO = ModelInfo(
    "scripted",
    "7",
    tuple(
        LabelEntry(name=name, hazard=hazard, threshold=0.5, train_boxes=1, test_photos=1)
        for name, hazard in zip(LABELS, (Category.RAISED_MANHOLE_COVER, None), strict=True)
    ),
)
BOX = (40, 30, 80, 60)
Frames = list[tuple[float, Pixels]]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture
def detector() -> ScriptedDetector:
    def script(photo: Photo) -> Detections:
        return find_patch(photo, LABELS, "manhole_open")

    return ScriptedDetector(script, info=INFO, input_size_px=64)


def classify(
    policy: Policy,
    detector: ScriptedDetector,
    frames: Frames,
    *,
    scale: int = 1,
    **options: Any,  # noqa: ANN401 - those of `classify_clip`
) -> ClipAnswer:
    ticks = itertools.count(0.0, 0.0)
    classifier = Classifier(detector, policy, clock=lambda: next(ticks))
    clips = ClipClassifier(classifier, opener=MemoryOpener(frames, scale=scale))
    return clips.classify_clip(b"", "clip.mp4", **options)


def clip_of(answer: ClipAnswer) -> ClipResult:
    entry = answer.classification.media[-1]
    assert isinstance(entry, ClipResult)
    return entry


def shown(frames: Frames, from_s: float, until_s: float, score: float = 0.9) -> Frames:
    return [
        (time_s, with_patch(pixels, BOX, score) if from_s <= time_s < until_s else pixels) for time_s, pixels in frames
    ]


def test_a_hazard_of_one_second_in_two_minutes_is_found_with_its_time_and_its_box(
    policy: Policy, detector: ScriptedDetector
) -> None:
    answer = classify(policy, detector, shown(panned(1, 120), 77.3, 78.3), scale=4, request_id="abc")
    (found,) = clip_of(answer).detections
    assert (found.label, found.hazard) == ("manhole_open", Category.RAISED_MANHOLE_COVER)
    assert found.confidence == pytest.approx(0.9, abs=0.01)
    assert 77.3 <= found.from_s <= found.time_s <= found.until_s < 78.3
    assert found.box.model_dump() == {"x_min": 160, "y_min": 120, "x_max": 320, "y_max": 240}
    assert answer.classification.prefill.category is Category.RAISED_MANHOLE_COVER
    assert answer.classification.request_id == "abc"
    told = next(reason for reason in answer.classification.prefill.reasons if reason.code == "seen_in_clip")
    assert "from 1:17." in told.en
    assert "1:17." in told.zh


def test_a_false_alarm_of_one_frame_dies(policy: Policy, detector: ScriptedDetector) -> None:
    frames = panned(1, 20)
    lucky = max(range(60, 66), key=lambda n: frames[n][0])
    for n in (lucky, 120, 151):
        frames[n] = (frames[n][0], with_patch(frames[n][1], BOX, 0.95))
    answer = classify(policy, detector, frames)
    assert clip_of(answer).detections == []
    assert answer.classification.prefill.category is not Category.RAISED_MANHOLE_COVER or (
        answer.classification.prefill.needs_human
    )


def test_a_still_clip_is_as_sure_as_a_photo_of_it(policy: Policy, detector: ScriptedDetector) -> None:
    frames = [(n / 10, with_patch(texture(1), BOX, 0.8)) for n in range(100)]
    answer = classify(policy, detector, frames)
    assert clip_of(answer).frames <= 6
    assert clip_of(answer).detections[0].confidence == pytest.approx(0.8, abs=0.01)


def test_evidence_frames_are_jpegs_with_the_boxes_of_their_tracks_in_order_of_time(
    policy: Policy, detector: ScriptedDetector
) -> None:
    frames = [*panned(1, 6), *panned(5, 6, start_s=6), *panned(9, 6, start_s=12)]
    frames = shown(shown(frames, 8, 9.5, 0.7), 14, 16, 0.9)
    answer = classify(policy, detector, frames, scale=2)
    times = [frame.time_s for frame in answer.frames]
    assert times == sorted(times)
    assert len(times) == 3
    hits = [frame for frame in answer.frames if frame.detections]
    assert {round(frame.detections[0].confidence, 1) for frame in hits} == {0.7, 0.9}
    for frame in hits:
        picture = Image.open(io.BytesIO(frame.jpeg))
        assert (picture.size, picture.format) == ((frame.width, frame.height), "JPEG")
        assert not picture.getexif()
        box = frame.detections[0].box
        assert (box.x_min, box.y_min, box.x_max, box.y_max) == BOX  # in pixels of the picture, not of the clip
        red, green, _ = np.asarray(picture)[45, 60].tolist()
        assert (red > 200, green < 100) == (True, True)


def test_where_nothing_was_found_three_frames_show_how_the_clip_goes(
    policy: Policy, detector: ScriptedDetector
) -> None:
    answer = classify(policy, detector, panned(1, 60))
    first, second, third = (frame.time_s for frame in answer.frames)
    assert first < 20 < second < 40 < third
    assert all(frame.detections == () for frame in answer.frames)
    (reason,) = answer.classification.prefill.reasons
    assert (reason.zh, reason.en) == (
        "视频中没有发现隐患，请人工判断",
        "No hazard found in the clip: please judge",
    )


def test_at_most_eight_evidence_frames_the_surest_among_them(policy: Policy, detector: ScriptedDetector) -> None:
    frames: Frames = []
    for n in range(15):
        frames += [(t, with_patch(p, BOX, 0.6 + 0.02 * n)) for t, p in panned(20 + n, 2, start_s=2.0 * n)]
    answer = classify(policy, detector, frames)
    assert len(clip_of(answer).detections) == 15
    assert [frame.time_s for frame in answer.frames] == sorted(frame.time_s for frame in answer.frames)
    assert len(answer.frames) == 8
    assert min(frame.detections[0].confidence for frame in answer.frames) >= 0.6 + 0.02 * 7 - 0.01


def test_a_second_look_is_taken_where_something_shows_and_costs_half_as_much_at_most(policy: Policy) -> None:
    looked: list[float] = []

    def detect(photo: Photo) -> Detections:
        looked.append(0.0)
        return find_patch(photo, LABELS, "manhole_open")

    detector = ScriptedDetector(detect, info=INFO, input_size_px=64)
    plain = clip_of(classify(policy, detector, panned(1, 60))).frames
    flicker: Frames = [
        (time_s, with_patch(pixels, BOX, 0.4) if n % 13 == 0 else pixels)
        for n, (time_s, pixels) in enumerate(panned(1, 60))
    ]
    looked.clear()
    nervous = clip_of(classify(policy, detector, flicker)).frames
    assert nervous == len(looked)
    assert plain < nervous <= 1.5 * plain + 16


def test_photos_beside_the_clip_join_the_decision_and_come_first(policy: Policy) -> None:
    door = Detections(
        np.array([[5, 5, 50, 50]], np.float32), np.array([0.9], np.float32), np.array([0], np.int64), LABELS
    )

    def script(photo: Photo) -> Detections:
        return Detections.empty(LABELS) if photo.format == "video" else door

    detector = ScriptedDetector(script, info=INFO, input_size_px=64)
    photo = Upload("a.jpg", pictures.jpeg(400, 300))
    answer = classify(policy, detector, panned(1, 4), photos=[photo])
    assert [entry.kind for entry in answer.classification.media] == ["image", "video"]
    assert answer.classification.prefill.category is Category.RAISED_MANHOLE_COVER


@pytest.mark.parametrize("score", [0.02, 0.9])
def test_what_is_listed_does_not_change_the_decision(policy: Policy, detector: ScriptedDetector, score: float) -> None:
    frames = shown(panned(1, 10), 3.0, 6.0, score)
    usual, *others = (
        classify(policy, detector, frames, min_confidence=least).classification.prefill for least in (None, 0.0, 1.0)
    )
    assert [reason.code for reason in usual.reasons].count("seen_in_clip") == (score > 0.5)
    assert others == [usual, usual]


def test_progress_rises_and_a_stop_is_heard(policy: Policy, detector: ScriptedDetector) -> None:
    told: list[float] = []
    classify(policy, detector, panned(1, 10), progress=told.append)
    assert told == sorted(told)
    assert told[-1] > 0.9
    told.clear()
    with pytest.raises(ClipStoppedError, match=r"clip\.mp4"):
        classify(policy, detector, panned(1, 10), progress=told.append, stop=lambda: len(told) >= 3)
    assert len(told) == 3


def test_what_is_wrong_with_the_clip_is_told_with_its_place_among_the_media(policy: Policy) -> None:
    def broken(source: bytes | Path, *, limits: VideoLimits, choice: FrameChoice) -> AbstractContextManager[OpenedClip]:
        raise VideoBrokenError("cut off")

    detector: Sequence[Detections] = [Detections.empty(LABELS)]
    classifier = Classifier(ScriptedDetector(detector, info=INFO, input_size_px=64), policy)
    photo = Upload("a.jpg", pictures.jpeg(40, 30))
    with pytest.raises(MediaError) as raised:
        ClipClassifier(classifier, opener=broken).classify_clip(b"", "clip.mp4", photos=[photo])
    assert (raised.value.index, raised.value.name, raised.value.reason.code) == (1, "clip.mp4", "video_broken")
