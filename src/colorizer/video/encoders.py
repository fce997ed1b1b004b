"""Containers that clips are written to, and how frames are coded in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorizer.common.errors import UserError

OTHERWISE = ".mp4"
# The best and the worst that --crf takes, and what each encoder has of its own.
BEST_CRF, WORST_CRF = 0, 51


@dataclass(frozen=True)
class Encoder:
    """A way to code frames.

    Attributes
    ----------
    name : str
        As FFmpeg calls it.
    bits : int
        Of a sample.
    crf : int
        Constant rate factor, by default: hardly to be told from the original. Lower is better.
    options : tuple of pairs
        What else FFmpeg is told.
    takes_odd_sizes : bool
        Also with chroma of half the height and width.
    takes_fields : bool
        Whether interlaced frames can be marked as such.
    """

    name: str
    bits: int
    crf: int
    options: tuple[tuple[str, str], ...]
    takes_odd_sizes: bool = False
    takes_fields: bool = False


H264 = Encoder("libx264", 8, 18, (("preset", "medium"),), takes_fields=True)
# What records 10 bits records HEVC, and what shows them shows it; few show H.264 of 10 bits. With
# B-frames, x265 leaves the times of clips of one or two frames unset.
HEVC = Encoder(
    "libx265", 10, 20, (("preset", "fast"), ("x265-params", "log-level=error:bframes=0"))
)
VP9 = Encoder(
    "libvpx-vp9", 8, 24, (("b", "0"), ("cpu-used", "4"), ("row-mt", "1")), takes_odd_sizes=True
)
ENCODERS = {
    ".mp4": (H264, HEVC),
    ".m4v": (H264, HEVC),
    ".mov": (H264, HEVC),
    ".mkv": (H264, HEVC),
    ".webm": (VP9,),
}


def encoder_of(target: Path, bits: int) -> Encoder:
    """Return how to code frames of so many bits in this file.

    Raises
    ------
    UserError
        If its name ends in no suffix of :data:`ENCODERS`.
    """
    encoders = ENCODERS.get(target.suffix.lower())
    if encoders is None:
        raise UserError(
            f"{target}: clips are written as {', '.join(ENCODERS)}, not as "
            f"{target.suffix or 'a name without suffix'}"
        )
    return next((encoder for encoder in encoders if encoder.bits >= bits), encoders[-1])
