"""Reports with a clip: answered at once, worked on beside the requests, pre-filled once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from hazardlens.model.errors import InferenceError, VideoLimitError
from hazardlens.serve.store.media_tables import clip_work
from hazardlens.serve.store.tables import reports
from hazardlens.serve.work.choosing import queue_of
from support.clip_reports import (
    ADMIN,
    LI,
    act_on,
    report_now,
    send_clip,
    sent_clip,
    when_worked,
    work_now,
)
from support.intake import REPORTS, photo_of, sent, services_behind
from support.scripted_clips import PREVIEW, SIZE_WH, ScriptedClips, clip_of
from support.serving import problem_of, wait_until


def has_job(client: TestClient, report_id: str) -> bool:
    with services_behind(client).store.read() as connection:
        return queue_of(connection).has(connection, "prefill_clip", report_id)


def history_of(client: TestClient, report_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = client.get(f"{REPORTS}/{report_id}/history", headers=ADMIN).json()["events"]
    return events


def test_it_is_answered_at_once_and_pre_filled_once_by_all_that_was_sent(
    client: TestClient, clips: ScriptedClips
) -> None:
    clips.gate.clear()
    first = sent_clip(client, photos=(photo_of(1), photo_of(2)), text="楼道里堆满了纸箱")
    report_id = first["id"]
    assert (first["state"], first["prefill"], first["work"]["state"]) == ("received", None, "waiting")
    assert [(one["n"], one["kind"]) for one in first["media"]] == [(0, "image"), (1, "image"), (2, "video")]
    wait_until(lambda: report_now(client, report_id)["work"]["progress"] > 0)
    running = report_now(client, report_id)
    assert (running["state"], running["work"]["state"]) == ("received", "running")
    assert 0 < running["work"]["progress"] < 1
    clips.gate.set()
    done = when_worked(client, report_id)
    assert (done["state"], done["category"], done["version"]) == ("prefilled", "stacked_clutter", 2)
    assert done["work"] == {"state": "done", "progress": 1.0, "problem": None}
    places = [(one["n"], one["kind"], one["of_n"], one["time_s"]) for one in done["media"]]
    assert places == [
        *((0, "image", None, None), (1, "image", None, None), (2, "video", None, None)),
        *((3, "frame", 2, 4.0), (4, "frame", 2, 8.0)),
    ]
    clip = done["media"][2]
    assert (clip["width"], clip["height"], clip["duration_s"], clip["media_type"]) == (*SIZE_WH, 12.5, "video/mp4")
    assert {name: clip["detections"][0][name] for name in ("time_s", "from_s", "until_s")} == {
        "time_s": 4.0,
        "from_s": 3.0,
        "until_s": 5.5,
    }
    assert all(one["detections"] for one in done["media"])
    assert [event["action"] for event in history_of(client, report_id)] == ["receive", "prefill"]
    assert history_of(client, report_id)[0]["after"] == {"state": "received", "photos": 2, "clips": 1}
    assert not has_job(client, report_id)
    assert len(clips.worked) == 1


def test_what_its_request_is_called_is_on_what_comes_of_it(client: TestClient) -> None:
    response = client.post(REPORTS, files={"file": ("a.mp4", clip_of(7))}, headers={"X-Request-ID": "clip-of-the-test"})
    report_id = response.json()["id"]
    when_worked(client, report_id)
    with services_behind(client).store.read() as connection:
        row = connection.execute(select(reports.c.prefill).where(reports.c.id == report_id)).one()
    assert row.prefill["category"] == "stacked_clutter"


def test_a_clip_that_cannot_be_used_is_told_and_its_photos_are_pre_filled(
    client: TestClient, clips: ScriptedClips
) -> None:
    clips.broken = VideoLimitError("too much")
    alone = when_worked(client, sent_clip(client)["id"], "failed")
    assert (alone["state"], alone["prefill"]) == ("received", None)
    assert alone["work"]["problem"] == "video_limits_exceeded"
    beside = when_worked(client, sent_clip(client, photos=(photo_of(1),))["id"], "failed")
    assert (beside["state"], beside["category"]) == ("prefilled", "stacked_clutter")
    assert [one["kind"] for one in beside["media"]] == ["image", "video"]
    assert beside["media"][0]["detections"]
    assert len(clips.worked) == 2  # the same file would fail again


def test_a_clip_that_is_refused_is_not_stored(client: TestClient) -> None:
    answer = send_clip(client, clip_of(0) + b"broken", photos=(photo_of(1),))
    problem = problem_of(answer, 422, "video_broken")
    assert (problem.media_index, problem.media_name) == (1, "yard.mp4")
    with services_behind(client).store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(reports)) == 0


def test_a_failure_of_the_model_is_tried_again(
    client: TestClient, clips: ScriptedClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hazardlens.serve.work.worker._FIRST_PAUSE", timedelta(seconds=0.1))
    clips.failing = [InferenceError(), RuntimeError("nobody foresaw this")]
    report = when_worked(client, sent_clip(client)["id"])
    assert report["state"] == "prefilled"
    assert len(clips.worked) == 3


def test_what_fails_too_often_is_given_up_and_left_to_people(
    client: TestClient, clips: ScriptedClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hazardlens.serve.work.worker._FIRST_PAUSE", timedelta(seconds=0.01))
    clips.failing = [RuntimeError("always")] * 50
    report = when_worked(client, sent_clip(client)["id"], "failed")
    assert (report["state"], report["work"]["problem"]) == ("received", "internal_error")
    assert len(clips.worked) == 4
    assert not has_job(client, report["id"])


def test_without_a_model_a_clip_waits_for_one(client: TestClient, clips: ScriptedClips) -> None:
    slot = services_behind(client).slot
    state, slot._state = slot._state, None
    report_id = sent_clip(client)["id"]
    wait_until(lambda: has_job(client, report_id) and work_now(client, report_id) == "waiting")
    slot._state = state
    with services_behind(client).store.write() as connection:  # it is put back for a while
        queue_of(connection).withdraw(connection, "prefill_clip", report_id)
    assert when_worked(client, report_id)["state"] == "prefilled"


def test_a_clip_without_a_small_copy_is_pre_filled_and_says_so(client: TestClient, clips: ScriptedClips) -> None:
    clips.preview_broken = VideoLimitError("too much")
    report = when_worked(client, sent_clip(client)["id"])
    assert (report["state"], report["work"]["problem"]) == ("prefilled", "video_limits_exceeded")
    assert report["media"][0]["urls"]["preview"] is None


def test_as_many_clips_wait_as_may(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    first = sent_clip(client, clip_of(0))["id"]
    wait_until(lambda: work_now(client, first) == "running")
    waiting = [sent_clip(client, clip_of(seed))["id"] for seed in (1, 2, 3)]
    refused = send_clip(client, clip_of(4))
    problem_of(refused, 503, "overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert sent(client, photo_of(5))["state"] == "prefilled"  # photos pass by
    clips.gate.set()
    for report_id in (first, *waiting):
        assert when_worked(client, report_id)["state"] == "prefilled"


def test_the_same_report_sent_twice_has_one_clip(client: TestClient, clips: ScriptedClips) -> None:
    one, again = send_clip(client, key="k1"), send_clip(client, key="k1")
    assert again.headers["Idempotent-Replay"] == "true"
    assert one.json()["id"] == again.json()["id"]
    when_worked(client, one.json()["id"])
    problem_of(send_clip(client, clip_of(9), key="k1"), 422, "idempotency_mismatch")
    with services_behind(client).store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(clip_work)) == 1
    assert len(clips.worked) == 1


def test_reports_that_show_the_same_are_linked_by_the_file_and_by_the_frames(client: TestClient) -> None:
    photo = sent(client, photo_of(101))["id"]  # looks like a frame of every scripted clip
    one = when_worked(client, sent_clip(client, clip_of(1))["id"])
    assert [(link["id"], link["same_photo"]) for link in one["duplicates"]] == [(photo, True)]
    two = report_now(client, sent_clip(client, clip_of(1))["id"])
    assert [(link["id"], link["same_photo"]) for link in two["duplicates"]] == [(one["id"], True)]
    assert two["duplicates"][0]["preview"].endswith("/media/1?form=preview")  # the first frame, never the clip
    linked = {link["id"] for link in when_worked(client, two["id"])["duplicates"]}
    assert linked == {one["id"], photo}


def test_a_decision_ends_the_work(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    running, waiting = sent_clip(client, clip_of(0))["id"], sent_clip(client, clip_of(1))["id"]
    wait_until(lambda: work_now(client, running) == "running")
    for report_id in (running, waiting):
        act_on(client, report_id, "claim")
        act_on(client, report_id, "review", verdict="reject", reason="other")
        assert work_now(client, report_id) is None
        assert not has_job(client, report_id)
    clips.gate.set()
    third = when_worked(client, sent_clip(client, clip_of(2))["id"])  # the thread is free again
    assert third["state"] == "prefilled"
    assert [report_now(client, one)["state"] for one in (running, waiting)] == ["rejected"] * 2
    assert [len(report_now(client, one)["media"]) for one in (running, waiting)] == [1, 1]


def test_a_decision_that_is_taken_back_lets_the_work_begin_again(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    report_id = sent_clip(client)["id"]
    wait_until(lambda: work_now(client, report_id) == "running")
    act_on(client, report_id, "claim")
    said = {"verdict": "correct", "reason": "missed_hazard", "category": "stacked_clutter", "urgency": "routine"}
    act_on(client, report_id, "review", **said)
    act_on(client, report_id, "reopen")
    act_on(client, report_id, "release")
    clips.gate.set()
    report = when_worked(client, report_id)
    assert (report["state"], len(report["media"])) == ("prefilled", 3)
    act_on(client, report_id, "claim")
    boxes: list[list[dict[str, Any]]] = [[] for _ in report["media"]]
    decided = act_on(client, report_id, "review", verdict="correct", reason="wrong_box", boxes=boxes)
    assert decided["state"] == "corrected"


def test_a_report_under_review_is_left_alone_until_it_is_given_back(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    report_id = sent_clip(client)["id"]
    wait_until(lambda: work_now(client, report_id) == "running")
    held = act_on(client, report_id, "claim")
    clips.gate.set()
    wait_until(lambda: work_now(client, report_id) == "waiting")
    assert report_now(client, report_id)["version"] == held["version"]
    assert len(report_now(client, report_id)["media"]) == 1
    act_on(client, report_id, "release")
    with services_behind(client).store.write() as connection:  # it would be tried again in half a minute
        queue_of(connection).withdraw(connection, "prefill_clip", report_id)
    assert when_worked(client, report_id)["state"] == "prefilled"


def test_frames_are_corrected_and_the_clip_itself_is_not(client: TestClient) -> None:
    report_id = when_worked(client, sent_clip(client, photos=(photo_of(1),))["id"])["id"]
    held = act_on(client, report_id, "claim")
    heap = {"label": "stacked_clutter", "box": {"x_min": 5, "y_min": 5, "x_max": 50, "y_max": 60}}
    body = {"version": held["version"], "verdict": "correct", "reason": "wrong_box"}
    on_clip = client.post(f"{REPORTS}/{report_id}/review", json={**body, "boxes": [[], [heap], [], []]}, headers=LI)
    assert "boxes[1]" in problem_of(on_clip, 422, "field_invalid").detail
    decided = act_on(client, report_id, "review", **{**body, "boxes": [[heap], [], [heap], []]})
    assert decided["state"] == "corrected"
    review = client.get(f"{REPORTS}/{report_id}/reviews", headers=ADMIN).json()["reviews"][0]
    assert [len(boxes) for boxes in review["boxes"]] == [1, 0, 1, 0]


def test_a_decision_without_boxes_keeps_those_of_the_frames(client: TestClient) -> None:
    report_id = when_worked(client, sent_clip(client)["id"])["id"]
    act_on(client, report_id, "claim")
    act_on(client, report_id, "review", verdict="confirm")
    review = client.get(f"{REPORTS}/{report_id}/reviews", headers=ADMIN).json()["reviews"][0]
    assert [len(boxes) for boxes in review["boxes"]] == [0, 1, 1]
    assert review["prefill_kept"] is True


def test_its_small_copy_is_sent_whole_or_in_ranges(client: TestClient, clips: ScriptedClips) -> None:
    clips.gate.clear()
    report_id = sent_clip(client)["id"]
    path = f"{REPORTS}/{report_id}/media/0"
    problem_of(client.get(path, headers=ADMIN), 404, "media_missing")
    clips.gate.set()
    when_worked(client, report_id)
    whole = client.get(path, headers=ADMIN)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, PREVIEW, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get(path, headers={**ADMIN, "Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, PREVIEW[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(PREVIEW)}"
    problem_of(client.get(f"{path}?form=annotated", headers=ADMIN), 422, "field_invalid")
    assert client.get(f"{path}?form=original", headers=ADMIN).content == clip_of(0)
    frame = client.get(f"{REPORTS}/{report_id}/media/1?form=annotated", headers=ADMIN)
    assert (frame.status_code, frame.headers["content-type"]) == (200, "image/jpeg")


def test_whoever_sent_it_sees_how_far_it_is_and_nobody_else_does(client: TestClient) -> None:
    report_id = send_clip(client, key="mine")
    report_id = report_id.json()["id"]
    when_worked(client, report_id)
    path = f"{REPORTS}/{report_id}/work"
    told = client.get(path, headers={"Idempotency-Key": "mine"})
    assert told.status_code == 200
    assert (told.json()["state"], told.json()["work"]["state"]) == ("prefilled", "done")
    assert "urls" not in told.json()["media"][0]
    for headers in ({}, {"Idempotency-Key": "another"}):
        problem_of(client.get(path, headers=headers), 404, "report_missing")
    assert client.get(path, headers=ADMIN).json() == told.json()
    problem_of(client.get(f"{REPORTS}/{'0' * 32}/work", headers=ADMIN), 404, "report_missing")
