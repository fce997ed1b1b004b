"""Containers for coloured clips, and how frames are coded in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorizer.common.errors import UserError

OTHERWISE = ".mp4"
# The best and the worst value of --crf.
BEST_CRF, WORST_CRF = 0, 51


@dataclass(frozen=True)
class Encoder:
    """A way to code frames.

    Attributes
    ----------
    name : str
        FFmpeg's name for it.
    bits : int
        Per sample.
    crf : int
        Default constant rate factor: hardly distinguishable from the original. Lower is better.
    options : tuple of pairs
        Further options for FFmpeg.
    takes_odd_sizes : bool
        Whether it codes odd sizes with chroma of half the height and width.
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
# Devices that record or show 10 bits use HEVC; few show 10-bit H.264. With B-frames, x265 leaves
# the times of clips of one or two frames unset.
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
    """Return how to code frames with ``bits`` per sample in a file.

    Raises
    ------
    UserError
        If its suffix is not in :data:`ENCODERS`.
    """
    encoders = ENCODERS.get(target.suffix.lower())
    if encoders is None:
        raise UserError(
            f"{target}: clips are written as {', '.join(ENCODERS)}, not as "
            f"{target.suffix or 'a name without a suffix'}"
        )
    return next((encoder for encoder in encoders if encoder.bits >= bits), encoders[-1])
