"""Tables and figures as files: JSON and CSV, whole or absent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorizer.common.files import whole_file

if TYPE_CHECKING:
    # Whoever has a table has loaded it; without it, the commands' help starts sooner.
    import pandas as pd


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as indented JSON; NaN and infinity, which JSON lacks, are refused."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, indent=2, allow_nan=False)
        file.write("\n")


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_csv(path: Path, table: pd.DataFrame, float_format: str = "%.6g") -> None:
    """Write ``table`` as CSV without its index, with LF line endings on every system."""
    with whole_file(path) as partial:
        table.to_csv(
            partial, index=False, lineterminator="\n", float_format=float_format, encoding="utf-8"
        )
