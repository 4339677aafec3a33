"""The small copy of a clip: what pages can play, and nothing that the clip said of its maker."""

import io
from typing import cast

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.video.frame import VideoFrame

from hazardlens.model.errors import ClipStoppedError, VideoBrokenError
from hazardlens.model.video.preview import make_preview
from support.video_files import Recipe, corner_marked, make_clip


def frames_of(data: bytes) -> tuple[InputContainer, list[VideoFrame]]:
    file = cast("InputContainer", av.open(io.BytesIO(data)))
    return file, list(file.decode(video=0))


def test_it_is_small_h264_that_plays_while_it_arrives() -> None:
    clip = make_clip(Recipe(codec="vp9", container="webm", size_wh=(800, 500), count=45))
    preview = make_preview(clip)
    file, frames = frames_of(preview)
    stream = file.streams.video[0]
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert (stream.width, stream.height) == (640, 400)
    assert preview.index(b"moov") < preview.index(b"mdat")
    assert 18 <= len(frames) <= 23  # 15 a second
    assert stream.duration is not None
    assert float(stream.duration * (stream.time_base or 0)) == pytest.approx(1.5, abs=0.1)


def test_it_is_upright_and_its_sides_are_even() -> None:
    clip = make_clip(Recipe(rotation=90, size_wh=(162, 98), pictures=[corner_marked((162, 98))], count=6))
    _, frames = frames_of(make_preview(clip))
    pixels = frames[0].to_ndarray(format="rgb24")
    assert pixels.shape == (162, 98, 3)
    assert np.abs(pixels[30, 70].astype(int) - (220, 20, 20)).max() < 30  # red, top left when stored
    assert frames[0].rotation == 0


def test_it_has_neither_sound_nor_what_the_clip_said() -> None:
    tags = {"title": "my street", "location": "+31.2304+121.4737/", "artist": "somebody"}
    clip = make_clip(Recipe(sound=True, tags=tags, count=12))
    assert b"my street" in clip
    preview = make_preview(clip)
    file, _ = frames_of(preview)
    assert len(file.streams) == 1
    assert file.metadata.keys() <= {"major_brand", "minor_version", "compatible_brands"}
    assert not any(value.encode() in preview for value in tags.values())


def test_a_broken_clip_has_none() -> None:
    with pytest.raises(VideoBrokenError):
        make_preview(make_clip(Recipe(count=12))[:500])


def test_whoever_makes_it_can_be_stopped_at_each_step() -> None:
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) == 3

    with pytest.raises(ClipStoppedError):
        make_preview(make_clip(Recipe(count=200)), stop=stop)
    assert len(asked) == 3
