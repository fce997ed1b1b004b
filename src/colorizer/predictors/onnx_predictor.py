"""A trained network in an ONNX file, run by ONNX Runtime: torch is neither needed nor loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from joblib import cpu_count
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.common.errors import UserError
from colorizer.inference.types import Hint, as_array
from colorizer.predictors.onnx_card import HINTS, LIGHTNESS, OnnxCard
from colorizer.predictors.protocol import PhotoChroma
from colorizer.predictors.view import nearest_side, read_view, view_size

Floats = npt.NDArray[np.float32]
PROVIDERS = ["CPUExecutionProvider"]
FATAL = 4  # ONNX Runtime's log level: lesser errors are raised anyway


@dataclass(frozen=True)
class OnnxPredictor:
    """A :class:`colorizer.predictors.protocol.PhotoPredictor` on the CPU.

    Attributes
    ----------
    session : InferenceSession
        The network.
    card : OnnxCard
        What its file says about it.
    side : int
        The shorter side in pixels of what it sees.
    """

    session: onnxruntime.InferenceSession
    card: OnnxCard
    side: int

    @property
    def takes_hints(self) -> bool:
        """Whether it follows hints, as for any ``PhotoPredictor``."""
        return self.card.takes_hints

    def encode(self, image: Image.Image, space: ColorSpace) -> OnnxEncodedPhoto:
        """Encode a photograph, as any ``PhotoPredictor`` does."""
        size = view_size(image.size, self.side, self.card.size_multiple)
        return OnnxEncodedPhoto(self, read_view(image, space, size))

    def predict(
        self, image: Image.Image, space: ColorSpace, hints: Sequence[Hint] = ()
    ) -> PhotoChroma:
        """Predict a photograph's chroma, as any ``PhotoPredictor`` does."""
        return self.encode(image, space).decode(hints)

    def predict_lightness(self, lightness: Floats, hints: Floats) -> PhotoChroma:
        """Predict chroma from the lightness of a photograph as the network sees it.

        Parameters
        ----------
        lightness : ndarray
            (1, 1, H, W) float32, L in [0, 100].
        hints : ndarray
            (1, N, 4) float32: x and y in [0, 1], a and b in CIELAB units.

        Returns
        -------
        PhotoChroma
            (2, H, W) float32 each, in CIELAB units.
        """
        if self.card.mirror:
            turned = hints.copy()
            turned[..., 0] = 1 - turned[..., 0]
            # Both at once, to give each thread more to do.
            lightness = np.concatenate([lightness, lightness[..., ::-1]])
            hints = np.concatenate([hints, turned])
        own, *given = self.session.run(
            list(self.card.outputs),
            {name: {LIGHTNESS: lightness, HINTS: hints}[name] for name in self.card.inputs},
        )
        own = _as_one(own)
        return PhotoChroma(own, _as_one(given[0]) if given else np.zeros_like(own))


@dataclass(frozen=True)
class OnnxEncodedPhoto:
    """An :class:`EncodedPhoto` that keeps its ``lightness``, (1, 1, H, W) float32 in [0, 100]."""

    network: OnnxPredictor
    lightness: Floats

    def decode(self, hints: Sequence[Hint]) -> PhotoChroma:
        """Predict chroma with hints, as any ``EncodedPhoto`` does."""
        if hints and not self.network.takes_hints:
            name = self.network.card.network
            raise UserError(f"the network {name} takes no colour hints; unet does")
        return self.network.predict_lightness(self.lightness, as_array(hints))


def load_onnx_predictor(file: Path, side: int | None = None) -> OnnxPredictor:
    """Load a network from an ONNX file.

    Parameters
    ----------
    file : Path
        Written by ``colorizer export``.
    side : int or None
        The shorter side in pixels of what it will see, rounded to a side it accepts; by default
        the one that the file asks for.

    Raises
    ------
    UserError
        If the file is not ONNX, or not from this project.
    """
    session = open_session(file)
    try:
        card = OnnxCard.from_metadata(session.get_modelmeta().custom_metadata_map)
        wanted = [*card.inputs, *card.outputs]
        found = [place.name for place in (*session.get_inputs(), *session.get_outputs())]
        if found != wanted:
            raise ValueError(f"tensors must be {', '.join(wanted)}, got {', '.join(found)}")
    except ValueError as error:
        raise UserError(
            f"{file} is not an ONNX file of this project: {error}; make one with: colorizer export"
        ) from error
    return OnnxPredictor(session, card, nearest_side(side or card.side, card.size_multiple))


def open_session(file: Path) -> onnxruntime.InferenceSession:
    """Open an ONNX file on the CPU, with one thread per core that this process may use.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = cpu_count()
    # Threads that spin while waiting would take cores from the code that applies the colours.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(file, options, providers=PROVIDERS)
    except Exception as error:  # on a broken file, the library may raise anything
        reason = " ".join(str(error).rpartition(":")[2].split())
        raise UserError(f"{file} cannot be read as an ONNX file: {reason}") from error


def _as_one(ab: Floats) -> Floats:
    """Return (2, H, W) for (1, 2, H, W), or the mean with the mirror image for (2, 2, H, W)."""
    one: Floats = ab[0]
    return one if len(ab) == 1 else (one + ab[1, ..., ::-1]) / np.float32(2)
