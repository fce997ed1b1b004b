from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.networks.base import Colorizer
from tests.data_helpers import tree
from tests.photo_helpers import OneColor, network
from tests.video_helpers import (
    SIZE,
    av,
    chroma_in,
    frames_in,
    grain,
    luma_in,
    packets_in,
    times_in,
    write_clip,
    write_fields,
)

from colorizer.video.colorist import VideoColorist  # isort: skip
from colorizer.video.write import ClipWriter  # isort: skip


class Flickering(Colorizer):
    """Predicts another chroma each time, the same everywhere.

    A frame and its mirror image are predicted at the same time, in either order: of two chromas
    that are the same everywhere, the mean is the same too.
    """

    size_multiple = 4

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(0)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        ab = torch.randn((len(lightness), 2, 1, 1), generator=self.generator) * (8 / 128)
        return ab.expand(-1, -1, *lightness.shape[2:])


class WarmAbove(Colorizer):
    """Predicts orange above and blue below, and remembers the size of what it sees."""

    size_multiple = 4

    def __init__(self) -> None:
        super().__init__()
        self.seen: tuple[int, int] = (0, 0)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        height, width = lightness.shape[2:]
        self.seen = (width, height)
        warmth = torch.where(torch.arange(height) < height // 2, 30 / 128, -30 / 128)
        return warmth[None, None, :, None].expand(len(lightness), 2, height, width)


def colorist(
    model: Colorizer | None = None, smoothing: float = 0, crf: int | None = 0
) -> VideoColorist:
    return VideoColorist(network(model), 1.0, smoothing, crf)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(1) * 6, sounds=["aac", "aac"])
    return path


def test_size_times_luma_and_sound_are_those_of_the_clip(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"

    notes = colorist().colorize(clip, target)

    assert notes == []
    frame = frames_in(target)[0]
    assert ((frame.width, frame.height), frame.format.name) == (SIZE, "yuv420p")
    assert times_in(target) == times_in(clip)
    np.testing.assert_array_equal(luma_in(target), luma_in(clip))
    assert len(packets_in(target)) == 2
    assert packets_in(target) == packets_in(clip)
    assert abs(chroma_in(target)).mean() > 3
    assert abs(chroma_in(clip)).max() == 0


def test_all_that_a_player_needs_to_know_is_kept(tmp_path: Path) -> None:
    source, target = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    color = {"colorspace": 1, "color_range": 2, "color_primaries": 5, "color_trc": 6}
    write_clip(source, grain(3), rotation=90, aspect=Fraction(4, 3), color=color)

    colorist().colorize(source, target)

    with av.open(str(source)) as before, av.open(str(target)) as after:
        old, new = before.streams.video[0], after.streams.video[0]
        assert new.sample_aspect_ratio == old.sample_aspect_ratio == Fraction(4, 3)
        assert new.average_rate == old.average_rate
        context = new.codec_context
        assert {name: getattr(context, name) for name in color} == color
    assert [frame.rotation for frame in frames_in(target)] == [90] * 3


def test_frames_that_come_irregularly_keep_their_times(tmp_path: Path) -> None:
    source, target = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_clip(source, grain(1) * 6, times=[0, 1, 5, 6, 20, 21])

    colorist(smoothing=1).colorize(source, target)

    assert times_in(target) == times_in(source) == [0.0, 0.04, 0.2, 0.24, 0.8, 0.84]


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (90, 1), (180, 2), (-90, 3)])
def test_network_sees_frames_upright(tmp_path: Path, rotation: int, turns: int) -> None:
    source, target = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_clip(source, grain(2), rotation=rotation)
    model = WarmAbove()

    colorist(model).colorize(source, target)

    upright = np.rot90(chroma_in(target)[0, 1], turns)
    half = len(upright) // 2
    assert upright[: half - 2].min() > 3
    assert upright[half + 2 :].max() < -3
    assert model.seen == ((44, 32) if turns % 2 == 0 else (32, 44))


def test_network_sees_pixels_as_wide_as_they_are_shown(tmp_path: Path) -> None:
    source, target = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_clip(source, grain(2), aspect=Fraction(3, 2))
    model = WarmAbove()

    colorist(model).colorize(source, target)

    assert model.seen == (64, 32)


def test_saturation_is_a_factor(clip: Path, tmp_path: Path) -> None:
    strengths = []
    for saturation in (0.0, 0.5, 1.0):
        target = tmp_path / f"{saturation}.mp4"
        VideoColorist(network(OneColor()), saturation, 0, 0).colorize(clip, target)
        strengths.append(abs(chroma_in(target)).mean())

    assert strengths[0] < 0.5
    assert 1.7 < strengths[2] / strengths[1] < 2.3


def test_flicker_falls(clip: Path, tmp_path: Path) -> None:
    changes = []
    for smoothing in (0, 1):
        target = tmp_path / f"{smoothing}.mp4"
        colorist(Flickering(), smoothing).colorize(clip, target)
        chroma = chroma_in(target)
        changes.append(abs(chroma[-1] - chroma[-2]).mean())

    assert changes[1] < 0.4 * changes[0]


def test_cut_begins_anew(tmp_path: Path) -> None:
    dark, bright = grain(2)
    source = tmp_path / "clip.mp4"
    write_clip(source, [dark // 3 + 16] * 3 + [bright // 3 + 150] * 3)
    paths = [tmp_path / name for name in ("raw.mp4", "smooth.mp4")]
    for path, smoothing in zip(paths, (0, 10), strict=True):
        colorist(Flickering(), smoothing).colorize(source, path)

    raw, smooth = (chroma_in(path) for path in paths)
    differs = [bool((first != second).any()) for first, second in zip(raw, smooth, strict=True)]
    assert differs == [False, True, True, False, True, True]


@pytest.mark.parametrize(
    ("name", "format_"),
    [("out.mp4", "yuv444p"), ("out.mkv", "yuv444p"), ("out.webm", "yuv420p")],
)
def test_odd_sizes_stay(tmp_path: Path, name: str, format_: str) -> None:
    source, target = tmp_path / "clip.mkv", tmp_path / name
    write_clip(source, grain(2, (65, 47)), codec="ffv1")

    notes = colorist().colorize(source, target)

    frame = frames_in(target)[0]
    assert (frame.width, frame.height, frame.format.name) == (65, 47, format_)
    np.testing.assert_array_equal(luma_in(target), luma_in(source))
    assert len(notes) == (format_ == "yuv444p")


def test_ten_bits_stay_where_they_can(tmp_path: Path) -> None:
    source = tmp_path / "clip.mkv"
    write_clip(source, grain(2), codec="ffv1", format_="yuv422p10le")

    assert colorist(crf=4).colorize(source, tmp_path / "out.mp4") == []
    frame = frames_in(tmp_path / "out.mp4")[0]
    assert frame.format.name == "yuv420p10le"
    assert abs(luma_in(tmp_path / "out.mp4") - luma_in(source)).mean() < 2

    notes = colorist().colorize(source, tmp_path / "out.webm")
    assert notes == ["10 bits become 8; .mp4 and .mkv keep them"]
    assert abs(luma_in(tmp_path / "out.webm") * 4 - luma_in(source)).max() <= 2


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_fields_stay_fields(tmp_path: Path, order: str) -> None:
    source, target = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    write_fields(source, "libx264", order)

    colorist().colorize(source, target)

    assert all(frame.interlaced_frame for frame in frames_in(target))
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.field_order == {"tff": 2, "bff": 3}[order]
    with pytest.raises(UserError, match="is interlaced, and libvpx-vp9 cannot say so"):
        colorist().colorize(source, tmp_path / "out.webm")


def test_clips_of_rgb_are_taken(tmp_path: Path) -> None:
    source, target = tmp_path / "clip.mov", tmp_path / "out.mp4"
    with av.open(str(source), "w") as container:
        video = container.add_stream("png", rate=25)
        video.width, video.height, video.pix_fmt = *SIZE, "rgb24"
        for grey in grain(3):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.dstack([grey] * 3), "rgb24")))

    colorist().colorize(source, target)

    assert abs(luma_in(target) - (16 + np.stack(grain(3)).astype(float) * 219 / 255)).max() <= 1


def test_sound_that_cannot_be_held_is_encoded_anew_and_that_is_said(tmp_path: Path) -> None:
    source, target = tmp_path / "clip.mkv", tmp_path / "out.webm"
    write_clip(source, grain(2), sounds=["pcm_s16le"])

    notes = colorist().colorize(source, target)

    assert notes == ["its sound, as .webm cannot hold pcm_s16le, becomes libopus"]

    colorist().colorize(source, tmp_path / "out.mp4")
    held = [content for _, content in packets_in(tmp_path / "out.mp4")[0]]
    assert b"".join(held) == b"".join(content for _, content in packets_in(source)[0])


def test_subtitles_are_copied_or_their_loss_is_told(tmp_path: Path) -> None:
    source = tmp_path / "clip.mkv"
    with av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"crf": "0"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        text = container.add_mux_stream("subrip")
        for number, luma in enumerate(grain(3)):
            frame = av.VideoFrame.from_ndarray(luma, "gray").reformat(format="yuv420p")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode())
        packet = av.Packet(b"Once upon a time")
        packet.stream, packet.time_base = text, Fraction(1, 1000)
        packet.pts = packet.dts = 40
        packet.duration = 40
        container.mux(packet)

    assert colorist().colorize(source, tmp_path / "out.mkv") == []
    assert packets_in(tmp_path / "out.mkv", "subtitle") == packets_in(source, "subtitle")
    assert colorist().colorize(source, tmp_path / "out.mp4") == [
        "left out, as .mp4 cannot hold it: subtitle (srt)"
    ]


def test_damaged_clip_is_not_passed_off_as_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "clip.mkv", tmp_path / "out.mp4"
    write_clip(source, grain(40), options={})
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])

    with pytest.raises(UserError, match="is damaged: "):
        colorist().colorize(source, target)
    assert not target.exists()

    colorist().colorize(source, target, is_damaged=True)
    assert 0 < len(frames_in(target)) < 40


def test_progress_counts_frames(clip: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    colorist().colorize(clip, tmp_path / "out.mp4", progress=lambda *counts: told.append(counts))

    assert told == [(done, 6) for done in range(1, 7)]


def test_container_that_turns_out_not_to_hold_the_clip_is_told(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(tmp_path)

    def fail(self: ClipWriter) -> None:
        raise av.error.InvalidDataError(-1, "codec not supported")

    monkeypatch.setattr(ClipWriter, "finish", fail)

    with pytest.raises(UserError, match=r"out\.mp4: codec not supported; .* -o clip_color\.mkv"):
        colorist().colorize(clip, tmp_path / "out.mp4")
    assert tree(tmp_path) == before
