"""How far ONNX Runtime's predictions are from torch's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from colorizer.common.cores import usable_cores
from colorizer.networks.base import Colorizer
from colorizer.networks.hinted import HintedColorizer, color_head_of
from colorizer.predictors.onnx_card import COLORS, GIVEN, HINTS, LIGHTNESS, LIKELY, OWN, PLACES
from colorizer.predictors.onnx_session import open_session
from colorizer.predictors.view import SMALLEST, nearest_side

Floats = npt.NDArray[np.float32]
# In CIELAB units, at most a hundredth of what the eye can tell apart. Hints' colours spread by
# differences of large numbers, where torch's own rounding is hardly finer than this.
TOLERANCE, HINTED_TOLERANCE = 1e-3, 1e-2
# Squares of uniform lightness in each direction, and the standard deviation of the noise in L.
SQUARES, NOISE = 8, 10.0
# Numbers of hints, and the standard deviation of their a and b.
HINT_NUMBERS, CHROMA = (0, 1, 7), 30.0
# The largest difference in likelihoods, and numbers of places to ask about with each of these.
LIKELY_TOLERANCE, PLACE_NUMBERS = 1e-4, (0, 5, 1)


@dataclass(frozen=True)
class Differences:
    """The largest differences, in ab in CIELAB units; infinity if one is NaN.

    Attributes
    ----------
    plain : float
        Without hints.
    hinted : float
        With hints; 0 for a network that takes none.
    likely : float
        In the likelihoods of colours, 0 to 1; 0 for a network that does not know.
    """

    plain: float
    hinted: float
    likely: float

    @property
    def are_small(self) -> bool:
        """Whether they are small enough to be rounding."""
        return (
            self.plain < TOLERANCE
            and self.hinted < HINTED_TOLERANCE
            and self.likely < LIKELY_TOLERANCE
        )

    def __str__(self) -> str:
        hinted = f", with colour hints to within {self.hinted:.1g}" if self.hinted else ""
        likely = f", likelihoods to within {self.likely:.1g}" if self.likely else ""
        return f"to within {self.plain:.1g}{hinted}{likely}"


def compare(model: Colorizer, file: Path, side: int) -> Differences:
    """Compare ONNX Runtime's outputs with torch's.

    This is done for one to three photographs at once, square, wide and tall, both at about the
    usual size and at the smallest that the network ever sees.

    Parameters
    ----------
    model : Colorizer
        In evaluation mode, on the CPU.
    file : Path
        The same network as ONNX.
    side : int
        The shorter side in pixels that it sees, a multiple of its ``size_multiple``.
    """
    session = open_session(file, usable_cores())
    generator = np.random.default_rng(0)
    plain, hinted, likely = [0.0], [0.0], [0.0]
    for lightness in _photographs(generator, side, model.size_multiple):
        for number, asked in zip(HINT_NUMBERS, PLACE_NUMBERS, strict=True):
            hints = _hints(generator, len(lightness), number)
            places = _hints(generator, len(lightness), asked)[..., :2].copy()
            told = {LIGHTNESS: lightness, HINTS: hints, PLACES: places}
            inputs = {place.name: told[place.name] for place in session.get_inputs()}
            outputs = _by_torch(model, lightness, hints, places)
            results = session.run(list(outputs), inputs)
            for (name, expected), found in zip(outputs.items(), results, strict=True):
                difference = np.nan_to_num(abs(found - expected), nan=np.inf).max(initial=0)
                of_colors = name in (LIKELY, COLORS)
                where = likely if of_colors else hinted if number else plain
                where.append(float(difference))
            if not isinstance(model, HintedColorizer):
                break
    return Differences(max(plain), max(hinted), max(likely))


def _by_torch(
    model: Colorizer, lightness: Floats, hints: Floats, places: Floats
) -> dict[str, Floats]:
    """Return the outputs by tensor name."""
    chroma, seen = _chroma_by_torch(model, lightness, hints), torch.from_numpy(lightness)
    head = color_head_of(model)
    if not isinstance(model, HintedColorizer) or head is None:
        return chroma
    with torch.inference_mode():
        likely = head(model.encode(seen).features, torch.from_numpy(places)).softmax(dim=-1)
    return {**chroma, COLORS: head.colors.numpy(), LIKELY: likely.numpy()}


def _chroma_by_torch(model: Colorizer, lightness: Floats, hints: Floats) -> dict[str, Floats]:
    seen = torch.from_numpy(lightness)
    with torch.inference_mode():
        if isinstance(model, HintedColorizer) and hints.shape[1]:
            own, given = model.decode(model.encode(seen), torch.from_numpy(hints))
            return {OWN: own.numpy(), GIVEN: given.numpy()}
        own = model(seen)  # the path that knows nothing of hints
        if isinstance(model, HintedColorizer):
            return {OWN: own.numpy(), GIVEN: torch.zeros_like(own).numpy()}
        return {OWN: own.numpy()}


def _hints(generator: np.random.Generator, photographs: int, number: int) -> Floats:
    """Return hints, (B, N, 4), with random places and colours."""
    places = generator.uniform(0, 1, (photographs, number, 2))
    colors = generator.normal(0, CHROMA, places.shape)
    return np.concatenate([places, colors], axis=-1).astype(np.float32)


def _photographs(generator: np.random.Generator, side: int, multiple: int) -> Iterator[Floats]:
    """Yield L in [0, 100], (B, 1, H, W): flat squares, with noise in every second photograph."""
    longer, least = (nearest_side(length, multiple) for length in (1.5 * side, SMALLEST))
    for count, height, width in (
        (1, side, side),
        (1, longer, side),
        (2, side, longer),
        (3, least, 2 * least),
    ):
        levels = generator.uniform(0, 100, (count, 1, SQUARES, SQUARES))
        rows, columns = (np.arange(length) * SQUARES // length for length in (height, width))
        flat = levels[:, :, rows[:, None], columns]
        rough = flat + generator.normal(0, NOISE, flat.shape)
        lightness = np.where(np.arange(count)[:, None, None, None] % 2, rough, flat)
        yield lightness.clip(0, 100).astype(np.float32)
