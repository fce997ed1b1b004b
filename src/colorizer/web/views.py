"""What the page shows, as plain data for its scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from colorizer.web.examples import Example
from colorizer.web.limits import Limits
from colorizer.web.session import Session


def chooser(key: str, limits: Limits, examples: Sequence[Example]) -> dict[str, Any]:
    """Return what the chooser of photographs shows at first."""
    return {
        "key": key,
        "limits": {
            "megapixels": limits.megapixels,
            "megabytes": limits.megabytes,
            "uploads": limits.uploads,
        },
        "examples": [{"thumbnail": one.thumbnail, "credit": one.credit} for one in examples],
    }


def picture(session: Session, is_new: bool) -> dict[str, Any] | None:
    """Return what the page shows of the chosen photograph, if there is one.

    Parameters
    ----------
    session : Session
        The visitor's session.
    is_new : bool
        Whether the page still shows another photograph, and so needs all about this one.
    """
    opened = session.chosen
    if opened is None:
        return None
    view: dict[str, Any] = {
        "after": opened.after(),
        "spots": [{"x": spot.x, "y": spot.y, "color": spot.color} for spot in opened.spots],
    }
    if is_new:
        width, height = opened.size
        view |= {
            "before": opened.before,
            "name": opened.name,
            "width": width,
            "height": height,
            "takesColors": session.takes_colors,
        }
    return view
