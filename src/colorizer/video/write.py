"""Write a coloured clip, with the sound and whatever else of the original the file can hold."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import AttachmentStream, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from colorizer.video.clip import BOTTOM_FIRST, TOP_FIRST, UNKNOWN, Clip
from colorizer.video.encoders import Encoder
from colorizer.video.luma import Coding, Samples
from colorizer.video.planes import BT709, FULL_RANGE, LIMITED_RANGE, frame_like, rows_of
from colorizer.video.read import url_of
from colorizer.video.sound import SoundEncoder, plain_layout

# A second video is a cover or another view.
COPIED = ("audio", "subtitle", "video")
WITH_ATTACHMENTS = (".mkv",)
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
        self._coding, self._is_interlaced = coding, clip.is_interlaced
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
        self._container = av.open(url_of(path), "w", options=MUXER_OPTIONS.get(suffix, {}))
        # MPEG streams start anywhere; players show times from the first one on.
        self._start = Fraction(max(0, source.start_time or 0), av.time_base)
        try:
            self._container.metadata.update(source.metadata)
            self._container.set_chapters(source.chapters())
            self._stream = self._add_video(clip, stream, encoder, crf)
            self._copies: dict[int, Stream] = {}
            self._sounds: dict[int, SoundEncoder] = {}
            self._add_others(source, stream, suffix)
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
        frame = (
            frame_like(like, self._format)
            if self._is_interlaced
            else VideoFrame(like.width, like.height, self._format)
        )
        for plane, samples in zip(frame.planes, (luma, *chroma), strict=True):
            rows_of(plane, self._coding.dtype)[:, : plane.width] = samples
        frame.time_base, frame.duration = like.time_base, like.duration
        frame.pts = None if like.pts is None else like.pts - self._start_in(like.time_base)
        self._container.mux(self._stream.encode(frame))

    def _start_in(self, time_base: Fraction | None) -> int:
        return round(self._start / time_base) if time_base else 0

    def copy(self, packet: av.Packet[Stream]) -> None:
        """Write a packet of another stream, if the container can hold that stream."""
        start = self._start_in(packet.time_base)
        if packet.pts is not None:
            packet.pts -= start
        packet.dts = packet.pts if packet.dts is None else packet.dts - start
        if packet.stream_index in self._sounds:
            self._sounds[packet.stream_index].write(packet)
            return
        copied = self._copies.get(packet.stream_index)
        # A stream's last packet only marks its end.
        if copied is not None and packet.dts is not None:
            packet.stream = copied
            self._container.mux(packet)

    def finish(self) -> None:
        """Write the frames still in the encoder, and end the container."""
        self._container.mux(self._stream.encode())
        for sound in self._sounds.values():
            sound.finish()
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
        if clip.is_interlaced:
            (context.field_order, _) = TOP_FIRST if clip.is_top_first else BOTTOM_FIRST
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
        stream.disposition = Disposition(original.disposition)
        return stream

    def _add_others(self, source: InputContainer, video: VideoStream, suffix: str) -> None:
        for stream in source.streams:
            if stream is video:
                continue
            try:
                if isinstance(stream, AttachmentStream):
                    self._attach(stream, suffix)
                elif stream.type in COPIED:
                    self._copies[stream.index] = _copied(self._container, stream)
                else:
                    self.notes.append(f"left out: {_named(stream)}, which cannot be copied")
            except (ValueError, av.FFmpegError):
                if isinstance(stream, AudioStream):
                    self._add_sound(stream, suffix)
                else:
                    self.notes.append(f"left out, as {suffix} cannot hold it: {_named(stream)}")

    def _attach(self, stream: AttachmentStream, suffix: str) -> None:
        if suffix not in WITH_ATTACHMENTS:
            raise ValueError(f"{suffix} has no attachments")
        name, kind = stream.name or "attachment", stream.mimetype or "application/octet-stream"
        self._container.add_attachment(name, kind, stream.data)

    def _add_sound(self, stream: AudioStream, suffix: str) -> None:
        codec = stream.codec_context.name
        try:
            sound = SoundEncoder(self._container, stream, suffix)
        except (ValueError, av.FFmpegError) as error:
            self.notes.append(f"left out: {_named(stream)}, which cannot be re-encoded ({error})")
            return
        self._sounds[stream.index] = sound
        self.notes.append(f"its sound, as {suffix} cannot hold {codec}, becomes {sound.name}")


def _named(stream: Stream) -> str:
    """Return the kind of a stream, and its codec or file name."""
    if isinstance(stream, AttachmentStream):
        return f"attachment ({stream.name})"
    return f"{stream.type} ({stream.codec_context.name if stream.codec_context else 'unknown'})"


def _copied(container: OutputContainer, stream: Stream) -> Stream:
    copy = container.add_stream_from_template(stream, opaque=True)
    copy.metadata.update(stream.metadata)
    copy.disposition = Disposition(stream.disposition)
    if isinstance(copy, AudioStream) and plain_layout(copy) != copy.layout.name:
        # Some containers do not say which of two channels is left, but others must.
        copy.layout = plain_layout(copy)
    return copy
