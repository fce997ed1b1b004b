"""What all charts share: colours, and how they are saved."""

from __future__ import annotations

from pathlib import Path
from warnings import catch_warnings, filterwarnings

from matplotlib.figure import Figure

from colorizer.common.files import whole_file

TRAIN_COLOR, PREDICTED_COLOR, REFERENCE_COLOR = "#2f6690", "#c8553d", "#8a8a8a"


def save_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG, with no trace of the software that drew it."""
    with whole_file(path) as partial, catch_warnings():
        # Category names may be in any script: a box stands in for what the font lacks.
        filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(partial, dpi=120, metadata={"Software": None})
