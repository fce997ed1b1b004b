"""How much visitors of the page may ask for, and what they are told when it is too much."""

from __future__ import annotations

from dataclasses import dataclass


class RefusedError(Exception):
    """What a visitor asks for cannot be done; the message tells them why, in plain words."""


@dataclass(frozen=True)
class Limits:
    """What one visitor may bring, and how many there may be.

    Attributes
    ----------
    megapixels : float
        10^6 pixels, of each photograph.
    megabytes : float
        10^6 bytes, of each file.
    uploads : int
        Photographs that one visitor has open at a time.
    visitors : int
        Visitors whose photographs are kept; one more, and those of the longest idle one go.
    """

    megapixels: float
    megabytes: float
    uploads: int
    visitors: int = 50

    @property
    def bytes(self) -> int:
        """The most bytes of a file."""
        return round(self.megabytes * 1e6)

    def too_many(self) -> str:
        """Return what a visitor is told who brings more photographs than allowed."""
        return f"Only {self.uploads} photographs at a time: remove some, then add others."

    def too_big(self) -> str:
        """Return what a visitor is told of a file that is larger than allowed."""
        return f"The file is larger than {self.megabytes:g} MB."
