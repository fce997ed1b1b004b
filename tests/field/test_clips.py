"""Clips as the field has them; docs/field.md lists the reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

av = pytest.importorskip("av", reason="needs the extra: pip install -e '.[video]'")

from av.video.frame import VideoFrame  # noqa: E402  what needs PyAV comes after the skip

from colorizer.video.colorist import VideoColorist  # noqa: E402
from colorizer.video.read import probe  # noqa: E402
from tests.photo_helpers import network  # noqa: E402
from tests.video_helpers import filtered, grain, moving, write_clip, write_fields  # noqa: E402

Luma = npt.NDArray[np.uint8]
DECODERS = {"libopus": "opus"}


@pytest.fixture(scope="module")
def painter() -> VideoColorist:
    return VideoColorist(network(), saturation=1.0, smoothing=0.0, crf=0)


def fields_of(path: Path) -> npt.NDArray[np.int64]:
    """Return the luma of every field of a clip, deinterlaced, in the order that they are shown."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    shown = filtered(frames, "yadif", "mode=send_field:parity=auto")
    return np.stack([frame.reformat(format="gray").to_ndarray() for frame in shown]).astype(int)


@pytest.mark.parametrize("target", [".mkv", ".mp4", ".mov"])
@pytest.mark.parametrize("first", ["tff", "bff"])
@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_fields_keep_their_order(
    tmp_path: Path, painter: VideoColorist, codec: str, first: str, target: str
) -> None:
    # simoninns/decode-orc#128 and #156, bwachter/devedeng#28
    source, colored = tmp_path / "old.mkv", tmp_path / f"new{target}"
    write_fields(source, codec, first)

    painter.colorize(source, colored)

    before, after = fields_of(source), fields_of(colored)
    assert len(before) == len(after) >= 20
    swapped = after.reshape(-1, 2, *after.shape[1:])[:, ::-1].reshape(after.shape)
    assert abs(before - after).mean() < 0.3 * abs(before - swapped).mean()
    clip = probe(colored)
    assert (clip.is_interlaced, clip.is_top_first) == (True, first == "tff")


@pytest.mark.parametrize("first", ["tff", "bff"])
def test_order_of_fields_is_known_from_a_black_frame(tmp_path: Path, first: str) -> None:
    write_fields(tmp_path / "old.mkv", "mpeg2video", first, is_black=True)

    assert probe(tmp_path / "old.mkv").is_top_first == (first == "tff")


def test_dv_has_its_bottom_field_first(tmp_path: Path, painter: VideoColorist) -> None:
    write_clip(
        tmp_path / "old.avi", grain(2, (720, 576)), codec="dvvideo", format_="yuv420p", options={}
    )

    clip = probe(tmp_path / "old.avi")

    assert not clip.is_top_first


def test_time_starts_with_the_clip(tmp_path: Path, painter: VideoColorist) -> None:
    # mediar/mfc_cb.node#14, streamlink/streamlink#5979
    source = tmp_path / "old.ts"
    write_clip(source, grain(25), sounds=["mp2"])
    shifted = tmp_path / "far.ts"
    with av.open(str(source)) as old, av.open(str(shifted), "w") as new:
        streams = {s.index: new.add_stream_from_template(s) for s in old.streams}
        for packet in old.demux():
            if packet.dts is not None:
                packet.pts += 40_000 * 90_000
                packet.dts += 40_000 * 90_000
                packet.stream = streams[packet.stream_index]
                new.mux(packet)

    painter.colorize(shifted, tmp_path / "new.mp4")

    with av.open(str(tmp_path / "new.mp4")) as container:
        assert 0.9 < container.duration / av.time_base < 1.2
        times = [frame.time for frame in container.decode(video=0)]
    assert times[0] < 0.2
    np.testing.assert_allclose(np.diff(times), 0.04, atol=0.001)


@pytest.mark.parametrize(
    ("codec", "source", "target", "becomes"),
    [
        ("pcm_mulaw", "old.mov", "new.mkv", "flac"),
        ("pcm_mulaw", "old.mov", "new.mp4", "aac"),
        ("pcm_mulaw", "old.mov", "new.mov", None),
        ("adpcm_ms", "old.avi", "new.mkv", "flac"),
        ("adpcm_ms", "old.avi", "new.mp4", "aac"),
        ("pcm_s16le", "old.mkv", "new.mp4", None),
        ("pcm_s16le", "old.mkv", "new.webm", "libopus"),
    ],
)
def test_sound_is_there_whatever_its_codec(
    tmp_path: Path,
    painter: VideoColorist,
    codec: str,
    source: str,
    target: str,
    becomes: str | None,
) -> None:
    # roflcoopter/viseron#428, PyAV-Org/PyAV#1669
    write_clip(tmp_path / source, grain(25), codec="mpeg4", sounds=[codec], options={})

    notes = painter.colorize(tmp_path / source, tmp_path / target)

    said = [note for note in notes if "its sound" in note]
    suffix = Path(target).suffix
    expected = [f"its sound, as {suffix} cannot hold {codec}, becomes {becomes}"]
    assert said == (expected if becomes else [])
    with av.open(str(tmp_path / target)) as container:
        found = container.streams.audio[0].codec_context.name
        samples = sum(frame.samples for frame in container.decode(audio=0))
    with av.open(str(tmp_path / source)) as container:
        before = sum(frame.samples for frame in container.decode(audio=0))
    assert found == DECODERS.get(str(becomes), becomes or codec)
    assert abs(samples - before) <= 2 * 2048


@pytest.mark.parametrize("name", ["12:30 talk.mp4", "#1?.mp4", "100%.mp4", "concat:a.mp4"])
def test_name_is_a_file_whatever_it_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, painter: VideoColorist, name: str
) -> None:
    # manisandro/nordlicht#55, Genymobile/scrcpy#5499
    monkeypatch.chdir(tmp_path)
    write_clip(Path("plain.mp4"), grain(2))
    Path("plain.mp4").rename(name)

    painter.colorize(Path(name), Path(f"new {name}"))

    assert probe(Path(f"new {name}")).frames == 2


def packed_b_frames(path: Path) -> None:
    """Write an AVI of MPEG-4 with B-frames, whose packets say when they are decoded."""
    write_clip(path, moving(12), codec="mpeg4", options={"bf": "1"})


def test_frames_of_an_avi_are_shown_in_their_order(tmp_path: Path, painter: VideoColorist) -> None:
    # superuser404notfound/AetherEngine#516
    packed_b_frames(tmp_path / "old.avi")

    painter.colorize(tmp_path / "old.avi", tmp_path / "new.mkv")

    with av.open(str(tmp_path / "old.avi")) as container:
        before = [f.reformat(format="gray").to_ndarray() for f in container.decode(video=0)]
    with av.open(str(tmp_path / "new.mkv")) as container:
        frames = list(container.decode(video=0))
        after = [frame.reformat(format="gray").to_ndarray() for frame in frames]
    assert len(after) == 12
    np.testing.assert_allclose([f.time for f in frames], np.arange(12) / 25, atol=0.002)
    assert all(abs(a.astype(int) - b).mean() < 2 for a, b in zip(before, after, strict=True))


def test_what_a_container_can_hold_is_kept(tmp_path: Path, painter: VideoColorist) -> None:
    source = tmp_path / "old.mkv"
    write_clip(tmp_path / "plain.mkv", grain(5), sounds=["aac"])
    with av.open(str(tmp_path / "plain.mkv")) as old, av.open(str(source), "w") as new:
        streams = {s.index: new.add_stream_from_template(s) for s in old.streams}
        new.add_attachment("font.ttf", "application/x-truetype-font", b"no font")
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                new.mux(packet)

    assert painter.colorize(source, tmp_path / "new.mkv") == []
    notes = painter.colorize(source, tmp_path / "new.mp4")

    assert notes == ["left out, as .mp4 cannot hold it: attachment (font.ttf)"]
    with av.open(str(tmp_path / "new.mkv")) as container:
        (attachment,) = [s for s in container.streams if s.type == "attachment"]
        assert (attachment.name, attachment.data[:7]) == ("font.ttf", b"no font")


def test_transparency_is_said_to_be_left_out(tmp_path: Path, painter: VideoColorist) -> None:
    with av.open(str(tmp_path / "old.mov"), "w") as container:
        video = container.add_stream("prores_ks", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuva444p10le"
        for luma in grain(2):
            frame: Any = VideoFrame.from_ndarray(np.dstack([luma] * 3), "rgb24")
            container.mux(video.encode(frame.reformat(format="yuva444p10le")))
        container.mux(video.encode())

    notes = painter.colorize(tmp_path / "old.mov", tmp_path / "new.mkv")

    assert "its transparency is left out" in notes


def test_stopped_clip_says_how_far_it_came(tmp_path: Path, painter: VideoColorist) -> None:
    write_clip(tmp_path / "old.mkv", grain(5))

    def stop(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^3 of about 5 frames .* nothing is kept"):
        painter.colorize(tmp_path / "old.mkv", tmp_path / "new.mkv", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["old.mkv"]
