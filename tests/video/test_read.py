from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from colorizer.common.errors import UserError
from colorizer.video.luma import Coding
from tests.video_helpers import RATE, SIZE, SOUND_RATE, av, grain, write_clip, write_fields

from colorizer.video.read import decode_packet, probe, open_clip  # isort: skip


def refusal_of(path: Path) -> str:
    with pytest.raises(UserError) as refused:
        probe(path)
    return str(refused.value)


def test_plain_clip(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(5), sounds=["aac"])

    clip = probe(path)

    assert (clip.size, clip.upright_size, clip.frames) == (SIZE, SIZE, 5)
    assert (clip.rate, clip.pixel_aspect) == (Fraction(RATE), Fraction(1))
    assert not clip.display_matrix
    assert not clip.quarter_turns
    assert clip.coding == Coding(8, False, 0.299, 0.114)
    assert not clip.is_interlaced


def test_phones_turn_clips_and_television_stretches_pixels(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(2), rotation=90, aspect=Fraction(3, 2))

    clip = probe(path)

    assert (clip.quarter_turns, clip.pixel_aspect) == (1, Fraction(3, 2))
    assert clip.upright_size == (48, 96)
    assert len(clip.display_matrix) == 9


@pytest.mark.parametrize(
    ("size", "color", "format_", "coding"),
    [
        (SIZE, {"colorspace": 1, "color_range": 1}, "yuv420p", Coding(8, False, 0.2126, 0.0722)),
        (SIZE, {"colorspace": 6, "color_range": 2}, "yuv420p", Coding(8, True, 0.299, 0.114)),
        (SIZE, {}, "yuvj420p", Coding(8, True, 0.299, 0.114)),
        (SIZE, {}, "yuv420p10le", Coding(10, False, 0.299, 0.114)),
        ((1280, 32), {}, "yuv420p", Coding(8, False, 0.2126, 0.0722)),
    ],
)
def test_coding_is_as_the_clip_says_or_as_its_size_suggests(
    tmp_path: Path, size: tuple[int, int], color: dict[str, int], format_: str, coding: Coding
) -> None:
    path = tmp_path / "clip.mkv"
    frames = grain(2, size)
    write_clip(path, frames, format_=format_, color=color)

    assert probe(path).coding == coding


@pytest.mark.parametrize(("order", "is_top_first"), [("tff", True), ("bff", False)])
def test_fields_are_seen(tmp_path: Path, order: str, is_top_first: bool) -> None:
    path = tmp_path / "clip.mp4"
    write_fields(path, "libx264", order)

    clip = probe(path)

    assert (clip.is_interlaced, clip.is_top_first) == (True, is_top_first)


def test_missing_file(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "none.mp4").endswith("none.mp4: there is no such file")


def test_what_is_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"no clip at all" * 50)

    assert "cannot be read as a clip: " in refusal_of(path)


def test_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "clip.mka"
    with av.open(str(path), "w", format="matroska") as container:
        track = container.add_stream("pcm_s16le", rate=SOUND_RATE)
        frame = av.AudioFrame(samples=1024)
        frame.sample_rate = SOUND_RATE
        container.mux(track.encode(frame))

    assert refusal_of(path).endswith("holds no video, only audio")


def test_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        container.start_encoding()

    assert refusal_of(path).endswith("holds no video")


def test_no_frame_that_can_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(10))
    content = bytearray(path.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    path.write_bytes(content)

    assert refusal_of(path).endswith("has no frame that can be decoded")


@pytest.mark.parametrize(
    ("color", "kind"),
    [({"color_trc": 16}, "PQ"), ({"color_trc": 18}, "HLG"), ({"colorspace": 9}, "BT.2020")],
)
def test_high_dynamic_range_is_refused(tmp_path: Path, color: dict[str, int], kind: str) -> None:
    path = tmp_path / "clip.mkv"
    write_clip(path, grain(2), color=color)

    assert f"({kind})" in refusal_of(path)


def test_unknown_matrix_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_clip(path, grain(2), color={"colorspace": 8})

    assert "coded by matrix 8 of ITU-T H.273" in refusal_of(path)


def test_clip_that_was_cut_off_is_refused_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_clip(path, grain(60), options={})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    assert "is damaged: " in refusal_of(path)
    assert 0 < probe(path, is_damaged=True).frames < 60


def test_index_that_is_missing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(10))
    path.write_bytes(path.read_bytes()[:-1000])

    assert "if it was cut off while it was recorded" in refusal_of(path)


def test_bytes_that_the_container_skips_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_clip(path, grain(50), options={"g": "5"})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    path.write_bytes(content)

    assert "is damaged: " in refusal_of(path)


def test_broken_frames_are_told_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(30, seed=1), codec="mpeg4")
    clip = probe(path)
    content = bytearray(path.read_bytes())
    start, end = content.index(b"mdat") + 500, content.index(b"moov") - 100
    for place in range(start, end, 97):
        content[place] ^= 0xFF
    path.write_bytes(content)

    def count(is_damaged: bool) -> int:
        with open_clip(path) as container:
            return sum(
                len(decode_packet(packet, clip, is_damaged)) for packet in container.demux()
            )

    with pytest.raises(UserError, match=r"is damaged at \d+\.\d+ s: .*--damaged"):
        count(is_damaged=False)
    assert 0 < count(is_damaged=True) <= 30


def test_size_that_changes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, grain(2, (32, 32)))
    clip = probe(path)
    write_clip(path, grain(2))

    with open_clip(path) as container:
        packet = next(iter(container.demux()))
        with pytest.raises(UserError, match="changes its size from 32x32 to 64x48"):
            decode_packet(packet, clip, is_damaged=False)


def test_frames_may_carry_what_pyav_does_not_know(tmp_path: Path) -> None:
    image = Image.new("L", (32, 24), 90)
    exif = image.getexif()
    exif[ExifTags.Base.Make] = "camera"
    image.save(tmp_path / "one.jpg", exif=exif)

    clip = probe(tmp_path / "one.jpg", is_damaged=False)

    assert clip.upright_size == (32, 24)
