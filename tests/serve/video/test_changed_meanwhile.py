"""A report changes while its clip is worked on: only what the answer depends on costs a second look at the clip."""

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from hazardlens.serve.store.tables import report_media, reports
from support.clip_reports import act_on, report_now, sent_clip, when_worked, work_now
from support.intake import services_behind
from support.scripted_clips import ScriptedClips
from support.serving import wait_until


@pytest.fixture
def running(client: TestClient, clips: ScriptedClips) -> str:
    """A report whose clip is being looked at, until the gate opens."""
    clips.gate.clear()
    report_id = str(sent_clip(client, text="楼道里堆满了纸箱")["id"])
    wait_until(lambda: work_now(client, report_id) == "running" and len(clips.worked) == 1)
    return report_id


def test_who_claims_it_and_gives_it_back_costs_no_second_look(
    client: TestClient, clips: ScriptedClips, running: str
) -> None:
    act_on(client, running, "claim")
    version = act_on(client, running, "release")["version"]
    clips.gate.set()
    report = when_worked(client, running)
    assert (report["state"], report["version"]) == ("prefilled", version + 1)
    assert len(clips.worked) == 1


def test_other_words_are_looked_at_with_the_clip_anew(client: TestClient, clips: ScriptedClips, running: str) -> None:
    with services_behind(client).store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == running).values(text="井盖没了"))
    clips.gate.set()
    report = when_worked(client, running)
    assert report["category"] == "raised_manhole_cover"
    assert len(clips.worked) == 2


def test_of_a_clip_that_is_erased_meanwhile_no_frame_is_kept(
    client: TestClient, clips: ScriptedClips, running: str
) -> None:
    with services_behind(client).store.write() as connection:
        connection.execute(update(report_media).where(report_media.c.report_id == running).values(sha256=""))
    clips.gate.set()
    assert when_worked(client, running, "failed")["state"] == "received"
    assert [one["kind"] for one in report_now(client, running)["media"]] == ["video"]
