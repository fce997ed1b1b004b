"""How much the page's visitors may ask for, and what they are told if it is too much."""

from __future__ import annotations

from dataclasses import dataclass


class RefusedError(Exception):
    """A visitor's request cannot be met; the message tells them why, in plain words."""


@dataclass(frozen=True)
class Limits:
    """What one visitor may upload, and how many visitors there may be.

    Attributes
    ----------
    megapixels : float
        Per photograph, in 10^6 pixels.
    megabytes : float
        Per file, in 10^6 bytes.
    uploads : int
        Photographs that one visitor may have open at a time.
    visitors : int
        Visitors whose photographs are kept; beyond that, the longest idle visitor's are removed.
    idle_s : float
        Seconds for which a visitor's photographs are kept after the last sign of their page.
    """

    megapixels: float
    megabytes: float
    uploads: int
    visitors: int = 50
    idle_s: float = 3600

    @property
    def bytes(self) -> int:
        """The most bytes that a file may have."""
        return round(self.megabytes * 1e6)

    def for_page(self) -> dict[str, float]:
        """Return what the page tells visitors."""
        return {
            "megapixels": self.megapixels,
            "megabytes": self.megabytes,
            "photographs": self.uploads,
        }

    def too_many(self) -> str:
        """Return the message for a visitor who uploads more photographs than allowed."""
        return f"Only {self.uploads} photographs at a time: remove some, then add others."

    def too_big(self) -> str:
        """Return the message about a file that is larger than allowed."""
        return f"The file is larger than {self.megabytes:g} MB."
