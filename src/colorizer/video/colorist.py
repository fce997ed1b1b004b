"""Read a clip frame by frame, colour it, and write it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import torch
from av.video.frame import VideoFrame
from PIL import Image
from torch import Tensor

from colorizer.color.icc import ColorSpace
from colorizer.color.lightness_tables import BYTE, grey_lightness
from colorizer.common.errors import UserError
from colorizer.common.files import whole_file
from colorizer.predictors.protocol import PhotoPredictor
from colorizer.video.clip import Clip
from colorizer.video.encoders import encoder_of
from colorizer.video.luma import Coding, Floats, Samples, chroma_of, greys_of
from colorizer.video.planes import luma_of
from colorizer.video.read import decode_packet, open_clip, probe, video_of
from colorizer.video.smoothing import ChromaSmoother
from colorizer.video.write import ClipWriter


@dataclass(frozen=True)
class VideoColorist:
    """Colours clips, all with the same settings.

    Attributes
    ----------
    network : PhotoPredictor
        Predicts chroma.
    saturation : float
        Factor for the predicted chroma, at least 0; 1 leaves it unchanged.
    smoothing : float
        Time constant in seconds, 0 for none; see :class:`ChromaSmoother`.
    crf : int or None
        How well frames are kept, 0 (best) to 51; None for the encoder's default.
    """

    network: PhotoPredictor
    saturation: float
    smoothing: float
    crf: int | None = None

    def colorize(
        self,
        source: Path,
        target: Path,
        is_damaged: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[str]:
        """Colour a clip.

        Memory holds a few frames, however long the clip is.

        Parameters
        ----------
        source, target : Path
            The file to read, and the file to write, whole or not at all.
        is_damaged : bool
            Colour what can be decoded of a clip that is broken.
        progress : callable or None
            Called after each frame with the number done and the approximate total.

        Returns
        -------
        list of str
            What ``target`` could not keep.

        Raises
        ------
        UserError
            If ``source`` cannot be read, is damaged, or is a kind of clip that cannot be coloured;
            ``target`` cannot hold it; or the disk is full.
        """
        clip = probe(source, is_damaged)
        encoder = encoder_of(target, clip.coding.bits)
        if clip.is_interlaced and not encoder.takes_fields:
            raise UserError(
                f"{source} is interlaced, and {encoder.name} cannot say so; deinterlace it first"
            )
        coding = replace(clip.coding, bits=encoder.bits)
        crf = encoder.crf if self.crf is None else self.crf
        with whole_file(target) as partial, open_clip(source) as container:
            stream = video_of(container, source)
            writer = ClipWriter(partial, clip, container, stream, encoder, coding, crf)
            painter = _Painter(self, clip, coding, writer.is_halved)
            try:
                for packet in container.demux():
                    if packet.stream is not stream:
                        writer.copy(packet)
                        continue
                    for frame in decode_packet(packet, clip, is_damaged):
                        painter.set_time(frame)
                        luma = luma_of(frame, coding)
                        writer.write(luma, painter.chroma(luma, frame), frame)
                        if progress:
                            progress(painter.frames, clip.frames)
                writer.finish()
            except BaseException as error:
                writer.abandon()
                if isinstance(error, KeyboardInterrupt):
                    raise KeyboardInterrupt(
                        f"{painter.frames} of about {clip.frames} frames were coloured; nothing "
                        "is kept, and the next run starts from the beginning"
                    ) from None
                if isinstance(error, av.FFmpegError) and not isinstance(error, OSError):
                    raise UserError(
                        f"{source} cannot be written as {target}: {error.strerror}; another "
                        f"container may hold it: -o {source.stem}_color.mkv"
                    ) from error
                raise
        return _notes(clip, coding, painter.frames, writer.notes)


class _Painter:
    """Finds the chroma of frame after frame."""

    def __init__(
        self, colorist: VideoColorist, clip: Clip, coding: Coding, is_halved: bool
    ) -> None:
        self._network, self._saturation = colorist.network, colorist.saturation
        self._smoother = ChromaSmoother(colorist.smoothing)
        self._clip, self._coding, self._is_halved = clip, coding, is_halved
        self._last = math.nan
        self._dts, self._duration, self._delay = 0, 1, 0
        self.frames = 0

    def set_time(self, frame: VideoFrame) -> None:
        """Give a frame of an AVI its time: frames are shown in the order that they come in.

        Their packets say when they are decoded, which with B-frames is another order.
        """
        if not self._clip.has_times:
            dts = self._dts + self._duration if frame.dts is None else frame.dts
            if self.frames == 0:
                self._delay = dts - self._clip.start
            else:
                self._duration = max(1, dts - self._dts)
            self._dts, frame.pts = dts, dts - self._delay

    def chroma(self, luma: Samples, frame: VideoFrame) -> Samples:
        """Return the next frame's Cb and Cr; see :func:`chroma_of`."""
        ab = self._predicted(luma, self._seconds_until(frame))
        return chroma_of(luma, ab, self._coding, self._is_halved)

    def _predicted(self, luma: Samples, seconds: float) -> Floats:
        """Return ab, (2, h, w) float32 in CIELAB units, rotated as the clip is stored."""
        turns = self._clip.quarter_turns
        greys = np.ascontiguousarray(np.rot90(greys_of(luma, self._coding), turns))
        frame = Image.fromarray(greys)
        if frame.size != self._clip.upright_size:  # pixels that are not square
            frame = frame.resize(self._clip.upright_size, Image.Resampling.BILINEAR)
        ab = self._network.predict(frame, ColorSpace()).at(self._saturation)
        lightness = motion_lightness(frame, ab.shape[1:])
        smooth = self._smoother.smooth(lightness, torch.from_numpy(ab)[None], seconds)
        return np.ascontiguousarray(np.rot90(smooth[0].numpy(), -turns, axes=(1, 2)))

    def _seconds_until(self, frame: VideoFrame) -> float:
        """Return how long after the previous frame this one is shown; 0 for the first."""
        if frame.time is None:
            raise UserError(
                f"{self._clip.path}: frame {self.frames + 1} has no time; copy the clip into "
                "another container first"
            )
        seconds = frame.time - self._last if self.frames else 0.0
        if self.frames and seconds <= 0:
            raise UserError(
                f"{self._clip.path}: time goes backwards at {frame.time:.2f} s; cut the clip "
                "there, or copy it into another container first"
            )
        self._last = frame.time
        self.frames += 1
        return seconds


def motion_lightness(frame: Image.Image, size: tuple[int, ...]) -> Tensor:
    """Return lightness for motion estimation, at half size: as fine as chroma needs, and cheap.

    Parameters
    ----------
    frame : Image
        Mode L, upright, with square pixels.
    size : tuple of int
        Height and width of the predicted chroma.

    Returns
    -------
    Tensor
        (1, 1, H, W) float32, L in [0, 100], half as high and wide.
    """
    half = (size[1] // 2, size[0] // 2)
    small = frame.resize(half, Image.Resampling.BOX, reducing_gap=2)
    return torch.from_numpy(grey_lightness(BYTE)[np.asarray(small)])[None, None]


def _notes(clip: Clip, coding: Coding, frames: int, notes: list[str]) -> list[str]:
    if clip.has_alpha:
        notes = [*notes, "its transparency is left out"]
    if coding.bits < clip.coding.bits:
        notes = [*notes, f"{clip.coding.bits} bits become {coding.bits}; .mp4 and .mkv keep them"]
    if frames < clip.frames:
        notes = [*notes, f"{frames} of {clip.frames} frames could be decoded"]
    return notes
