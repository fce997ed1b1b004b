"""Report a folder's evaluation, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from colorizer.cli.evaluate_folder import FolderEvaluation, count_reasons
from colorizer.evaluation.frechet import FRECHET
from colorizer.evaluation.metrics import METRICS, metric_columns, per_category, summarize

DIGITS = 6


def as_json(evaluation: FolderEvaluation, network: str) -> dict[str, Any]:
    """Return all figures, and the network's name.

    The keys are those of metrics/evaluation.json without ``mean_ab``, which would need training
    photographs; ``network`` is its name, ``per_category`` holds the same figures for every
    category, ``found`` is the number of photographs, ``dropped`` the number left out for each
    reason. ``size`` is the side in pixels of the squares compared, or null if each photograph was
    compared at its own size. ``frechet_lite0`` is present for squares of at least
    :data:`colorizer.evaluation.frechet.FEWEST_PHOTOGRAPHS` photographs.
    """
    counts = evaluation.left_out["reason"].value_counts().sort_index()
    return {
        "network": network,
        "size": evaluation.size,
        **_of_network(evaluation),
        "grey": _of_grey(evaluation),
        "per_category": _categories(evaluation),
        "found": len(evaluation.per_image) + len(evaluation.left_out),
        "dropped": {str(reason): int(count) for reason, count in counts.items()},
    }


def as_text(evaluation: FolderEvaluation, network: str) -> str:
    """Return tables of network against grey and of categories, and what was left out.

    ``network`` is the network's name.
    """
    figures, grey = _of_network(evaluation), _of_grey(evaluation)
    size, left_out = evaluation.size, evaluation.left_out
    how = "each at its own size" if size is None else f"{size}x{size}"
    lines = [f"network: {network}", f"{figures['images']} photographs, {how}"]
    if len(left_out):
        lines.append(f"{len(left_out)} left out: {count_reasons(left_out)}")
    truth = {"colorfulness": figures["colorfulness_truth"]}
    rows = {"network": figures, "grey": grey, "truth": truth}
    lines += ["", *_table(rows, _columns())]
    categories = _categories(evaluation)
    if len(categories) > 1:
        rows = {
            name or "(none)": {**about, "grey": about["grey"]["psnr"]}
            for name, about in categories.items()
        }
        lines += ["", *_table(rows, _category_columns())]
    return "\n".join(lines)


def _columns() -> dict[str, tuple[str, str]]:
    """Return each column's heading and number format, by key."""
    of_metrics = metric_columns()
    return {
        "psnr": of_metrics["psnr"],
        "psnr_category_mean": ("mean of categories", "{:.2f}"),
        **of_metrics,
        FRECHET: ("Fréchet distance", "{:.1f}"),
    }


def _category_columns() -> dict[str, tuple[str, str]]:
    columns = _columns()
    del columns["psnr_category_mean"], columns[FRECHET]
    return {
        "images": ("photographs", "{:d}"),
        "psnr": columns.pop("psnr"),
        "grey": ("grey's", "{:.2f}"),
        **columns,
        "colorfulness_truth": ("truth's", "{:.1f}"),
    }


def _of_network(evaluation: FolderEvaluation) -> dict[str, float | int]:
    return {**summarize(evaluation.per_image), **evaluation.of_set}


def _of_grey(evaluation: FolderEvaluation) -> dict[str, float | int]:
    return {**summarize(evaluation.grey), **evaluation.grey_of_set}


def _categories(evaluation: FolderEvaluation) -> dict[str, Any]:
    grey = _by_category(evaluation.grey)
    return {
        name: {**figures, "grey": grey[name]}
        for name, figures in _by_category(evaluation.per_image).items()
    }


def _by_category(per_image: pd.DataFrame) -> dict[str, dict[str, float | int]]:
    table = per_category(per_image).set_index("category")
    return {
        str(name): {
            "images": int(row["images"]),
            **{metric: round(float(row[metric]), DIGITS) for metric in METRICS},
        }
        for name, row in table.iterrows()
    }


def _table(
    rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, tuple[str, str]]
) -> Sequence[str]:
    """Return lines of text; missing figures are blank, and columns without any are left out."""
    columns = {
        key: column for key, column in columns.items() if any(key in row for row in rows.values())
    }
    lines = [["", *(title for title, _ in columns.values())]]
    for name, row in rows.items():
        figures = (
            form.format(row[key]) if key in row else "" for key, (_, form) in columns.items()
        )
        lines.append([name, *figures])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "   ".join([name.ljust(widths[0]), *map(str.rjust, figures, widths[1:])]).rstrip()
        for name, *figures in lines
    ]
