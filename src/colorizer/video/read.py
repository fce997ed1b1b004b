"""Read a clip: what its frames mean, then its frames and all other packets, in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import av.logging
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from colorizer.common.errors import UserError
from colorizer.video.clip import Clip, describe

# How much sooner than stated an undamaged clip may end, in seconds and as a share.
SLACK, SLACK_SHARE = 0.5, 0.02
DAMAGED = "colour what can be decoded of it with --damaged"
# Only files are read: nothing is fetched over a network, whatever a playlist names.
OPTIONS = {"protocol_whitelist": "file"}


def probe(path: Path, is_damaged: bool = False) -> Clip:
    """Find out a clip's properties, reading its file once and decoding one frame.

    Parameters
    ----------
    path : Path
        Its file.
    is_damaged : bool
        Accept it even if a part is missing or broken.

    Raises
    ------
    UserError
        If it cannot be read, has no frames, is damaged, or is a kind that cannot be coloured.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file")
    first = _first_frame(path)
    frames, damage = _scanned(path)
    if damage and not is_damaged:
        raise UserError(f"{path} is damaged: {damage}; {DAMAGED}")
    with open_clip(path) as container:
        return describe(path, video_of(container, path), first, frames)


@contextmanager
def open_clip(path: Path) -> Iterator[InputContainer]:
    """Open a clip.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    try:
        container = av.open(url_of(path), options=OPTIONS, metadata_errors="replace")
    except av.FFmpegError as error:
        raise UserError(
            f"{path} cannot be read as a clip: {error.strerror}; if it was cut off while it was "
            "recorded or copied, copy it anew or repair it first"
        ) from error
    with container:
        yield container


def url_of(path: Path) -> str:
    """Return a file's name for FFmpeg, to which "12:30.mp4" alone would name a protocol."""
    return f"file:{path}"


def video_of(container: InputContainer, path: Path) -> VideoStream:
    """Return the video stream that a player would show.

    Raises
    ------
    UserError
        If there is none, or it cannot be decoded.
    """
    shown = [
        stream
        for stream in container.streams.video
        if not Disposition.attached_pic & stream.disposition
    ]
    if not shown:
        kinds = sorted({stream.type for stream in container.streams})
        only = f", only {' and '.join(kinds)}" if kinds else ""
        raise UserError(f"{path} holds no video{only}")
    default = [stream for stream in shown if Disposition.default & stream.disposition]
    stream = (default or shown)[0]
    if stream.codec_context is None:
        raise UserError(f"{path}: its video is of a kind that cannot be decoded")
    stream.thread_type = ThreadType.AUTO
    return stream


def decode_packet(packet: av.Packet[Stream], clip: Clip, is_damaged: bool) -> list[VideoFrame]:
    """Decode a packet.

    Raises
    ------
    UserError
        If it is broken and not ``is_damaged``, which lets its frames be missing, or if the size
        of frames changes.
    """
    try:
        frames = [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
    except av.FFmpegError as error:
        frames = []
        reason = error.strerror or str(error)
    else:
        reason = "a broken frame" if any(frame.is_corrupt for frame in frames) else ""
    if reason and not is_damaged:
        at = f" at {float(packet.pts * packet.time_base):.2f} s" if packet.pts is not None else ""
        raise UserError(f"{clip.path} is damaged{at}: {reason}; {DAMAGED}")
    for frame in frames:
        if (frame.width, frame.height) != clip.size:
            raise UserError(
                f"{clip.path} changes its size from {clip.size[0]}x{clip.size[1]} to "
                f"{frame.width}x{frame.height}; cut it into clips of one size first"
            )
    return frames


def _first_frame(path: Path) -> VideoFrame:
    with open_clip(path) as container:
        stream = video_of(container, path)
        for packet in container.demux(stream):
            with suppress(av.FFmpegError):  # a later frame may be intact
                for frame in packet.decode():
                    return frame
    raise UserError(f"{path} has no frame that can be decoded")


def _scanned(path: Path) -> tuple[int, str]:
    """Return how many frames there are, and what is wrong with the file, if anything."""
    count, end, damage = 0, 0.0, ""
    with open_clip(path) as container, _logged_errors() as logged:
        stream = video_of(container, path)
        try:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base:
                    shown = packet.pts + (packet.duration or 0)
                    end = max(end, float(shown * packet.time_base))
                if packet.is_corrupt:
                    damage = damage or "a part of it is missing"
                if packet.stream is stream:
                    count += packet.size > 0 and not packet.is_discard
        except av.FFmpegError as error:
            damage = damage or error.strerror or str(error)
        said = (max(0, container.start_time or 0) + (container.duration or 0)) / av.time_base
    if end < said - max(SLACK, SLACK_SHARE * said):
        damage = damage or f"it ends after {end:.1f} of {said:.1f} s"
    return count, damage or (logged[0][2].strip() if logged else "")


@contextmanager
def _logged_errors() -> Iterator[list[tuple[int, str, str]]]:
    """Collect FFmpeg's error messages, its only sign of what it skips.

    Nothing may be decoded meanwhile: a decoder's threads need Python's lock to log, but the caller
    that waits for them holds it.
    """
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(local=True) as logged:
            yield logged
    finally:
        av.logging.set_level(level)
