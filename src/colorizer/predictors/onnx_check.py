"""How far ONNX Runtime's predictions are from torch's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from colorizer.networks.base import Colorizer
from colorizer.networks.hinted import HintedColorizer
from colorizer.predictors.onnx_card import GIVEN, HINTS, LIGHTNESS, OWN
from colorizer.predictors.onnx_predictor import open_session
from colorizer.predictors.view import SMALLEST, nearest_side

Floats = npt.NDArray[np.float32]
# In CIELAB units: a hundredth of what the eye can tell. Hints' colours spread by differences of
# large numbers, which torch itself does not round much better than this.
TOLERANCE, HINTED_TOLERANCE = 1e-3, 1e-2
# Squares of one lightness in each direction; and how rough the second photograph is.
SQUARES, NOISE = 8, 10.0
# How many hints, and how strong their a and b.
HINT_NUMBERS, CHROMA = (0, 1, 7), 30.0


@dataclass(frozen=True)
class Differences:
    """The greatest differences of ab, in CIELAB units; infinity where one is no number.

    Attributes
    ----------
    plain : float
        Without hints.
    hinted : float
        With hints; 0 of a network that takes none.
    """

    plain: float
    hinted: float

    @property
    def are_small(self) -> bool:
        """Whether they are those of rounding."""
        return self.plain < TOLERANCE and self.hinted < HINTED_TOLERANCE

    def __str__(self) -> str:
        hinted = f", with colour hints to within {self.hinted:.1g}" if self.hinted else ""
        return f"to within {self.plain:.1g}{hinted}"


def compare(model: Colorizer, file: Path, side: int) -> Differences:
    """Compare ab of ONNX Runtime with those of torch.

    Differences are looked for in one to three photographs at once, square, wide and high, about
    as large as the network sees them and as small as it ever does.

    Parameters
    ----------
    model : Colorizer
        In evaluation mode, on the CPU.
    file : Path
        The same network as ONNX.
    side : int
        The shorter side in pixels that it sees, a multiple of its ``size_multiple``.
    """
    session = open_session(file)
    generator = np.random.default_rng(0)
    plain, hinted = [0.0], [0.0]
    for lightness in _photographs(generator, side, model.size_multiple):
        for number in HINT_NUMBERS if isinstance(model, HintedColorizer) else (0,):
            hints = _hints(generator, len(lightness), number)
            expected = _by_torch(model, lightness, hints)
            told = {LIGHTNESS: lightness, HINTS: hints}
            inputs = {place.name: told[place.name] for place in session.get_inputs()}
            found = session.run(list(expected), inputs)
            pairs = zip(found, expected.values(), strict=True)
            difference = max(
                np.nan_to_num(abs(one - other), nan=np.inf).max() for one, other in pairs
            )
            (hinted if number else plain).append(float(difference))
    return Differences(max(plain), max(hinted))


def _by_torch(model: Colorizer, lightness: Floats, hints: Floats) -> dict[str, Floats]:
    """Return what comes out, by the names of tensors."""
    seen = torch.from_numpy(lightness)
    with torch.inference_mode():
        if isinstance(model, HintedColorizer) and hints.shape[1]:
            own, given = model.decode(model.encode(seen), torch.from_numpy(hints))
            return {OWN: own.numpy(), GIVEN: given.numpy()}
        own = model(seen)  # without hints, as if there were no hints at all
        if isinstance(model, HintedColorizer):
            return {OWN: own.numpy(), GIVEN: torch.zeros_like(own).numpy()}
        return {OWN: own.numpy()}


def _hints(generator: np.random.Generator, photographs: int, number: int) -> Floats:
    """Return (B, N, 4) of any places and colours."""
    places = generator.uniform(0, 1, (photographs, number, 2))
    colors = generator.normal(0, CHROMA, places.shape)
    return np.concatenate([places, colors], axis=-1).astype(np.float32)


def _photographs(generator: np.random.Generator, side: int, multiple: int) -> Iterator[Floats]:
    """Yield (B, 1, H, W), L in [0, 100]: flat areas with edges, then with noise on them."""
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
