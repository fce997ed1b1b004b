"""A trained network in an ONNX file, run by ONNX Runtime: torch is not needed, nor loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from joblib import cpu_count
from PIL import Image

from colorizer.color_profiles import ColorSpace
from colorizer.errors import UserError
from colorizer.network_view import nearest_side, seen_lightness, view_size
from colorizer.onnx_card import INPUT, OUTPUT, OnnxCard

Floats = npt.NDArray[np.float32]
PROVIDERS = ["CPUExecutionProvider"]
FATAL = 4  # of ONNX Runtime's levels of logging: what goes wrong is raised as well


@dataclass(frozen=True)
class OnnxNetwork:
    """A :class:`colorizer.photo_predictor.PhotoPredictor` on the CPU.

    Attributes
    ----------
    session : InferenceSession
        The network.
    card : OnnxCard
        What its file says of it.
    side : int
        The shorter side in pixels of what it sees.
    """

    session: onnxruntime.InferenceSession
    card: OnnxCard
    side: int

    def predict(self, image: Image.Image, space: ColorSpace) -> Floats:
        """Predict chroma of a photograph, as any ``PhotoPredictor`` does."""
        size = view_size(image.size, self.side, self.card.size_multiple)
        ab: Floats = self.predict_ab(seen_lightness(image, space, size))[0]
        return ab

    def predict_ab(self, lightness: Floats) -> Floats:
        """Predict chroma as :func:`colorizer.inference.predict_ab` does.

        Parameters
        ----------
        lightness : ndarray
            (B, 1, H, W) float32, L in [0, 100].

        Returns
        -------
        ndarray
            (B, 2, H, W) float32, in CIELAB units.
        """
        if not self.card.mirror:
            return self._run(lightness)
        # Both at once: so there is more for each thread to do.
        both = self._run(np.concatenate([lightness, lightness[..., ::-1]]))
        ab: Floats = both[: len(lightness)] + both[len(lightness) :, ..., ::-1]
        ab /= 2
        return ab

    def _run(self, lightness: Floats) -> Floats:
        ab: Floats
        (ab,) = self.session.run([OUTPUT], {INPUT: lightness})
        return ab


def load_onnx_network(file: Path, side: int | None = None) -> OnnxNetwork:
    """Load a network from an ONNX file.

    Parameters
    ----------
    file : Path
        Written by ``colorizer export``.
    side : int or None
        The shorter side in pixels of what it will see, rounded to what it can take; by default
        that which the file asks for.

    Raises
    ------
    UserError
        If the file is no ONNX, or none of this project.
    """
    session = open_session(file)
    try:
        card = OnnxCard.from_metadata(session.get_modelmeta().custom_metadata_map)
        names = [place.name for place in (*session.get_inputs(), *session.get_outputs())]
        if names != [INPUT, OUTPUT]:
            raise ValueError(f"its tensors must be {INPUT} and {OUTPUT}, got {', '.join(names)}")
    except ValueError as error:
        raise UserError(
            f"{file} is not an ONNX file of this project: {error}; make one with: colorizer export"
        ) from error
    return OnnxNetwork(session, card, nearest_side(side or card.side, card.size_multiple))


def open_session(file: Path) -> onnxruntime.InferenceSession:
    """Open an ONNX file on the CPU, with a thread for each core that this process may use.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = cpu_count()
    # Threads that wait by spinning would take the cores from those that join the colours.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(file, options, providers=PROVIDERS)
    except Exception as error:  # a broken file makes the library raise whatever its parser meets
        reason = " ".join(str(error).rpartition(":")[2].split())
        raise UserError(f"{file} is not an ONNX file that can be read: {reason}") from error
