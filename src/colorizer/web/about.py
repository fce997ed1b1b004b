"""What both editions of the page have in common: its files, and what it must know of its host."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from colorizer.color.palette import PALETTE
from colorizer.web.examples import Example
from colorizer.web.limits import Limits

PAGE = Path(str(files("colorizer.web"))) / "page"
# What browsers may load, and where they may send anything: the page's own host alone.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)


def about_host(
    edition: str,
    network: str,
    takes_hints: bool,
    knows_colors: bool,
    strength: float,
    quality: int,
    formats: Sequence[str],
    limits: Limits,
    examples: Sequence[Example],
) -> dict[str, Any]:
    """Return what the page reads before anything else: ``About`` in ``page/host.js``.

    Parameters
    ----------
    edition : str
        ``server`` or ``static``: which of ``page/hosts`` to load.
    network : str
        What the page calls the network.
    takes_hints : bool
        Whether it follows colours that the visitor gives.
    knows_colors : bool
        Whether it says how likely colours are.
    strength : float
        Factor for the network's own chroma to begin with, at least 0.
    quality : int
        1 to 100, to begin with.
    formats : sequence of str
        Keys of :data:`colorizer.photo.formats.WRITE_FORMATS` that can be written.
    limits : Limits
        What visitors may open.
    examples : sequence of Example
        Photographs to try.
    """
    return {
        "edition": edition,
        "network": network,
        "takesHints": takes_hints,
        "knowsColors": knows_colors,
        "palette": PALETTE,
        "strength": strength,
        "quality": quality,
        "formats": list(formats),
        "limits": limits.for_page(),
        "examples": [one.for_page() for one in examples],
    }
