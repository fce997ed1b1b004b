"""Sound that a container cannot hold as it is, re-encoded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Disposition, Stream

# By suffix: FFmpeg's encoder, and the rate that it needs, if any. FLAC loses nothing.
ENCODERS = {".mkv": ("flac", 0), ".webm": ("libopus", 48_000)}
OTHERWISE = ("aac", 0)
# Bits per second and channel, for encoders that lose something.
BIT_RATE = 128_000
MOST_CHANNELS = 8
_PLAIN_LAYOUTS = {"1 channels": "mono", "2 channels": "stereo"}


def plain_layout(stream: AudioStream) -> str:
    """Return a track's channel layout; left and right where the file does not say which are."""
    return _PLAIN_LAYOUTS.get(stream.layout.name, stream.layout.name)


class SoundEncoder:
    """Re-encodes one sound track.

    Parameters
    ----------
    container : OutputContainer
        Where the sound goes.
    original : AudioStream
        The track to decode.
    suffix : str
        That of the file, which chooses the encoder.

    Attributes
    ----------
    name : str
        FFmpeg's name of the encoder.

    Raises
    ------
    ValueError, av.FFmpegError
        If the track cannot be decoded, or not be encoded for this container.
    """

    def __init__(self, container: OutputContainer, original: AudioStream, suffix: str) -> None:
        if not original.rate or not 0 < original.channels <= MOST_CHANNELS:
            raise ValueError("its sound cannot be decoded")
        self.name, rate = ENCODERS.get(suffix, OTHERWISE)
        rate = rate or original.rate
        layout = plain_layout(original)
        stream = container.add_stream(self.name, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.time_base = Fraction(1, rate)
        if self.name != "flac":
            stream.bit_rate = BIT_RATE * original.channels
        stream.metadata.update(original.metadata)
        stream.disposition = Disposition(original.disposition)
        stream.codec_context.open()
        self._container, self._stream, self._original = container, stream, original
        self._resampler = AudioResampler(
            stream.format, layout, rate, stream.codec_context.frame_size or None
        )

    def write(self, packet: av.Packet[Stream]) -> None:
        """Decode a packet, and write it re-encoded; what is broken is left out."""
        frames: Sequence[object] = ()
        with suppress(av.FFmpegError):
            frames = packet.decode()
        for frame in frames:
            if isinstance(frame, AudioFrame):
                self._encode(frame)

    def finish(self) -> None:
        """Write what is still in the decoder, the resampler and the encoder."""
        frames: Sequence[AudioFrame] = ()
        with suppress(av.FFmpegError):
            frames = self._original.codec_context.decode(None)
        for frame in (*frames, None):
            self._encode(frame)
        self._mux(None)

    def _encode(self, frame: AudioFrame | None) -> None:
        for resampled in self._resampler.resample(frame):
            self._mux(resampled)

    def _mux(self, frame: AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            if packet.size:  # FLAC ends with a checksum alone, which has no time
                self._container.mux(packet)
