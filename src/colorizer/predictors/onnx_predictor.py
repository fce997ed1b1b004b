"""A trained network in an ONNX file, run by ONNX Runtime: torch is neither needed nor loaded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.common.cores import usable_cores
from colorizer.common.errors import UserError
from colorizer.inference.reach import decode_within_reach
from colorizer.inference.types import Hint, LikelyColors, PhotoChroma, as_array, unknown_colors
from colorizer.predictors.onnx_card import (
    COLORS,
    GIVEN,
    HINTS,
    LIGHTNESS,
    LIKELY,
    OWN,
    PLACES,
    OnnxCard,
)
from colorizer.predictors.onnx_session import InferenceSession, open_session
from colorizer.predictors.view import nearest_side, read_view, view_size

Floats = npt.NDArray[np.float32]
NO_PLACES: Floats = np.zeros((1, 0, 2), np.float32)


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

    session: InferenceSession
    card: OnnxCard
    side: int

    @property
    def takes_hints(self) -> bool:
        """Whether it follows hints, as for any ``PhotoPredictor``."""
        return self.card.takes_hints

    @property
    def knows_colors(self) -> bool:
        """Whether it says how likely colours are, as for any ``PhotoPredictor``."""
        return self.card.knows_colors

    def at(self, side: int) -> Self:
        """Return the same network for another size, as any ``PhotoPredictor`` does."""
        return replace(self, side=nearest_side(side, self.card.size_multiple))

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
        found = self._average(lightness, hints, NO_PLACES)
        own = found[OWN][0]
        return PhotoChroma(own, found[GIVEN][0] if self.takes_hints else np.zeros_like(own))

    def likely_colors(self, lightness: Floats, places: Floats) -> LikelyColors:
        """Say how likely colours are in a photograph as the network sees it.

        Parameters
        ----------
        lightness : ndarray
            As in :meth:`predict_lightness`.
        places : ndarray
            (1, P, 2) float32: x and y in [0, 1].
        """
        found = self._average(lightness, as_array([]), places)
        return LikelyColors(found[COLORS], found[LIKELY][0])

    def _average(self, lightness: Floats, hints: Floats, places: Floats) -> dict[str, Floats]:
        """Return the outputs by name, averaged with those for the mirror image if need be."""
        if not self.card.mirror:
            return self._run(lightness, hints, places)
        # In a thread each, which never wait for each other until the end. Threads that share an
        # operator meet after every single one, and the slower is the one beside another program.
        with ThreadPoolExecutor(1) as beside:
            mirrored = beside.submit(
                self._run, lightness[..., ::-1], _turned(hints), _turned(places)
            )
            one, other = self._run(lightness, hints, places), mirrored.result()
        for name in (OWN, GIVEN):
            if name in other:
                other[name] = other[name][..., ::-1]
        half = np.float32(0.5)
        return {name: np.multiply(found + other[name], half) for name, found in one.items()}

    def _run(self, lightness: Floats, hints: Floats, places: Floats) -> dict[str, Floats]:
        tensors = {LIGHTNESS: np.ascontiguousarray(lightness), HINTS: hints, PLACES: places}
        names = list(self.card.outputs)
        found = self.session.run(names, {name: tensors[name] for name in self.card.inputs})
        return dict(zip(names, found, strict=True))


def _turned(points: Floats) -> Floats:
    """Return hints or places, (1, N, 2 or 4), for the mirror image."""
    turned = points.copy()
    turned[..., 0] = 1 - turned[..., 0]
    return turned


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

        def decode(some: Sequence[Hint]) -> PhotoChroma:
            return self.network.predict_lightness(self.lightness, as_array(some))

        return decode_within_reach(decode, hints)

    def likely_colors(self, places: Floats) -> LikelyColors:
        """Say how likely colours are, as any ``EncodedPhoto`` does."""
        if not self.network.knows_colors:
            raise UserError(unknown_colors(self.network.card.network))
        return self.network.likely_colors(self.lightness, places[None])


def load_onnx_predictor(
    file: Path, side: int | None = None, mirror: bool | None = None
) -> OnnxPredictor:
    """Load a network from an ONNX file.

    Parameters
    ----------
    file : Path
        Written by ``colorizer export``.
    side : int or None
        The shorter side in pixels of what it will see, rounded to a side it accepts; by default
        the one that the file asks for.
    mirror : bool or None
        Average with the prediction for the mirror image; by default as the file asks for.

    Raises
    ------
    UserError
        If the file is not ONNX, or not from this project.
    """
    session = _session(file, mirrors=mirror is not False)
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
    if mirror is not None:
        card = replace(card, mirror=mirror)
    elif not card.mirror:
        session = _session(file, mirrors=False)
    return OnnxPredictor(session, card, nearest_side(side or card.side, card.size_multiple))


def _session(file: Path, mirrors: bool) -> InferenceSession:
    """Open a file so that a photograph takes all cores.

    The photograph and its mirror image bring a thread each, and share the session's others.
    """
    return open_session(file, max(1, usable_cores() - mirrors))
