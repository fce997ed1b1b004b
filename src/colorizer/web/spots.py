"""Colours that visitors give to places in a photograph."""

from __future__ import annotations

import re
from dataclasses import dataclass

from colorizer.inference.types import Hint
from colorizer.photo.hints import ab_of
from colorizer.web.limits import RefusedError

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Spot:
    """A place in a photograph, and the colour that the visitor chose for it.

    Attributes
    ----------
    x, y : float
        Shares of the upright photograph's width and height, 0 to 1.
    color : str
        ``#rrggbb``, sRGB; its lightness does not matter.

    Raises
    ------
    RefusedError
        If the place or the colour is invalid.
    """

    x: float
    y: float
    color: str

    def __post_init__(self) -> None:
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1 and _COLOR.fullmatch(self.color)):
            raise RefusedError("This is not a place in the photograph, or not a colour.")

    def as_hint(self) -> Hint:
        """Return the spot as a hint for networks."""
        red, green, blue = bytes.fromhex(self.color[1:])
        return Hint(self.x, self.y, ab_of((red, green, blue)))
