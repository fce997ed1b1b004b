"""Write a coloured clip, with the sound and whatever else of the original the file can hold."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from colorizer.common.errors import UserError
from colorizer.video.clip import UNKNOWN, Clip
from colorizer.video.encoders import Encoder
from colorizer.video.luma import Coding, Samples
from colorizer.video.planes import BT709, FULL_RANGE, LIMITED_RANGE, rows_of

SOUND = "audio"
PLAIN_LAYOUTS = {"1 channels": "mono", "2 channels": "stereo"}
# With the index first, a clip plays while it is still loading.
MUXER_OPTIONS = {suffix: {"movflags": "+faststart"} for suffix in (".mp4", ".m4v", ".mov")}


class ClipWriter:
    """Writes frames, and other streams' packets unchanged.

    Parameters
    ----------
    path : Path
        The file to write; its suffix chooses the container.
    clip : Clip
        The original: its size, pixel aspect, display matrix, rate and colours are kept.
    source : InputContainer
        The original, open, for its other streams, metadata and chapters.
    stream : VideoStream
        The stream of the frames in ``source``.
    encoder : Encoder
        How to code frames.
    coding : Coding
        How the samples given to :meth:`write` are coded.
    crf : int
        Constant rate factor, as in :class:`Encoder`.

    Attributes
    ----------
    notes : list of str
        What the file cannot keep.
    is_halved : bool
        Whether chroma has half the height and width (4:2:0).

    Raises
    ------
    UserError
        If the container cannot hold the sound.
    av.FFmpegError
        If the encoder cannot code the frames.
    """

    def __init__(
        self,
        path: Path,
        clip: Clip,
        source: InputContainer,
        stream: VideoStream,
        encoder: Encoder,
        coding: Coding,
        crf: int,
    ) -> None:
        self._coding = coding
        self.notes: list[str] = []
        self.is_halved = encoder.takes_odd_sizes or not (clip.size[0] % 2 or clip.size[1] % 2)
        if not self.is_halved:
            self.notes.append(
                "odd size: chroma is at full size (4:4:4), which some players cannot show"
            )
        self._format = f"yuv{420 if self.is_halved else 444}p" + (
            "10le" if coding.bits > 8 else ""
        )
        suffix = path.suffix.lower()
        self._container = av.open(str(path), "w", options=MUXER_OPTIONS.get(suffix, {}))
        try:
            self._container.metadata.update(source.metadata)
            self._container.set_chapters(source.chapters())
            self._stream = self._add_video(clip, stream, encoder, crf)
            self._copies = self._add_others(clip.path, source, stream, suffix)
            self._container.start_encoding()
        except BaseException:
            self.abandon()
            raise

    def write(self, luma: Samples, chroma: Samples, like: VideoFrame) -> None:
        """Write a frame at the time of the original frame, ``like``.

        Parameters
        ----------
        luma : ndarray
            (H, W) uint8 or uint16.
        chroma : ndarray
            Cb and Cr, (2, H, W), or half that height and width (rounded up) if
            :attr:`is_halved`; of the type of ``luma``.
        like : VideoFrame
            The original frame.
        """
        frame = VideoFrame(like.width, like.height, self._format)
        for plane, samples in zip(frame.planes, (luma, *chroma), strict=True):
            rows_of(plane, self._coding.dtype)[:, : plane.width] = samples
        frame.pts, frame.time_base, frame.duration = like.pts, like.time_base, like.duration
        self._container.mux(self._stream.encode(frame))

    def copy(self, packet: av.Packet[Stream]) -> None:
        """Write a packet of another stream, if the container can hold that stream."""
        copied = self._copies.get(packet.stream_index)
        packet.dts = packet.pts if packet.dts is None else packet.dts
        # A stream's last packet only marks its end.
        if copied is not None and packet.dts is not None:
            packet.stream = copied
            self._container.mux(packet)

    def finish(self) -> None:
        """Write the frames still in the encoder, and end the container."""
        self._container.mux(self._stream.encode())
        self._container.close()

    def abandon(self) -> None:
        """Close the file, which is then not a valid clip."""
        with suppress(av.FFmpegError):  # the reason to abandon it says more
            self._container.close()

    def _add_video(
        self, clip: Clip, original: VideoStream, encoder: Encoder, crf: int
    ) -> VideoStream:
        options = {**dict(encoder.options), "crf": str(crf)}
        if clip.is_interlaced:
            options["x264-params"] = "tff=1" if clip.is_top_first else "bff=1"
        stream = self._container.add_stream(
            encoder.name, rate=clip.rate or Fraction(25), options=options
        )
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        stream.width, stream.height = clip.size
        stream.pix_fmt = self._format
        stream.time_base = context.time_base = original.time_base or Fraction(1, 90000)
        context.flags |= av.codec.context.Flags.frame_duration
        context.sample_aspect_ratio = clip.pixel_aspect
        primaries, transfer, context.colorspace = clip.color
        context.color_primaries = BT709 if primaries in UNKNOWN else primaries
        context.color_trc = BT709 if transfer in UNKNOWN else transfer
        context.color_range = FULL_RANGE if clip.coding.is_full_range else LIMITED_RANGE
        if encoder.name == "libx265":
            context.codec_tag = "hvc1"  # otherwise Apple's players refuse it
        if clip.display_matrix:
            stream.set_display_matrix(clip.display_matrix)
        stream.metadata.update(original.metadata)
        return stream

    def _add_others(
        self, path: Path, source: InputContainer, video: VideoStream, suffix: str
    ) -> dict[int, Stream]:
        copies: dict[int, Stream] = {}
        for stream in source.streams:
            if stream is video:
                continue
            name = stream.codec_context.name if stream.codec_context else "unknown data"
            try:
                if stream.type not in (SOUND, "subtitle"):
                    raise ValueError("nothing that is seen or heard")
                copies[stream.index] = _copied(self._container, stream)
            except (ValueError, av.FFmpegError) as error:
                if stream.type == SOUND:
                    raise UserError(
                        f"{path}: {suffix} cannot hold its sound ({name}), which is not "
                        f"re-encoded; name another file: -o {path.stem}_color.mkv"
                    ) from error
                self.notes.append(f"left out, as {suffix} cannot hold it: {stream.type} ({name})")
        return copies


def _copied(container: OutputContainer, stream: Stream) -> Stream:
    copy = container.add_stream_from_template(stream, opaque=True)
    copy.metadata.update(stream.metadata)
    copy.disposition = Disposition(stream.disposition)
    if isinstance(copy, AudioStream) and copy.layout.name in PLAIN_LAYOUTS:
        # Some containers do not say which of two channels is left, but others must.
        copy.layout = PLAIN_LAYOUTS[copy.layout.name]
    return copy
