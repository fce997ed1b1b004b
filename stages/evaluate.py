"""Measure the predictions against the truth and three baselines; draw the figures."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar

import pandas as pd
import torch
from annotated_types import Ge

from colorizer.common.blocks import Block, Whole
from colorizer.common.errors import run_stage
from colorizer.common.files import whole_folder
from colorizer.common.params import load_params
from colorizer.common.tables import read_json, write_csv, write_json
from colorizer.data.aging import MEASURED_SEED
from colorizer.data.shards import Shards, read_split_index, temporary_shards
from colorizer.data.splits import TEST, TRAIN
from colorizer.evaluation.baselines import GREY, mean_ab, paint_uniformly
from colorizer.evaluation.choices import measure_suggestions, measure_variants
from colorizer.evaluation.frechet import FRECHET, FrechetReference
from colorizer.evaluation.hint_curve import NUMBERS, measure_hints
from colorizer.evaluation.metrics import (
    Photograph,
    measure_all,
    metric_columns,
    per_category,
    summarize,
)
from colorizer.figures.charts import save_figure
from colorizer.figures.curves import hints_figure, loss_figure, psnr_figure, vividness_figure
from colorizer.figures.panels import Coloring, save_picture, sheet
from colorizer.inference.params import PredictParams
from colorizer.inference.predict import colorize_squares
from colorizer.inference.saturation import saturation_of
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_checkpoint
from colorizer.networks.devices import make_repeatable, pick_device
from colorizer.networks.files import GENERAL
from colorizer.networks.hinted import HintedColorizer, color_head_of

PREPARED = Path("data/prepared")
PREDICTIONS = Path("data/predictions")
CHECKPOINT = Path("data/checkpoints/model.safetensors")
LOSS = Path("plots/loss.csv")
VIVIDNESS = Path("plots/vividness.csv")
SATURATION = Path("metrics/predict.json")
METRICS = Path("metrics/evaluation.json")
PER_IMAGE = Path("plots/per_image.csv")
PER_CATEGORY = Path("plots/per_category.csv")
HINTS = Path("plots/hints.csv")
FIGURES = Path("plots/figures")


class EvaluateParams(Block):
    """How evaluation presents its results.

    Attributes
    ----------
    ranked : int
        Photographs on each of the sheets of the best and the worst, at least 1.
    """

    block_name: ClassVar[str] = "evaluate"

    ranked: Annotated[Whole, Ge(1)]


def main() -> None:
    """Run the stage."""
    all_params = load_params()
    params = PredictParams.parse(all_params.predict)
    ranked_count = EvaluateParams.parse(all_params.evaluate).ranked
    test, predictions = Shards(PREPARED, TEST), Shards(PREDICTIONS, TEST)
    index = read_split_index(PREPARED, TEST)
    about = pd.DataFrame(
        {"image": index["file"], "category": index["category"], "split": index["split"]}
    )

    make_repeatable(all_params.seed)
    device, model = pick_device(params.device), load_checkpoint(CHECKPOINT)
    reference = FrechetReference(test, device)

    def measured(colored: Iterable[Photograph]) -> pd.DataFrame:
        return about.join(measure_all(zip(colored, test, strict=True)))

    def summarized(colored: Shards) -> dict[str, float | int]:
        return {**summarize(measured(colored)), **reference.figures(colored)}

    per_image = measured(predictions)
    summary = {**summarize(per_image), **reference.figures(predictions)}
    baselines = {
        name: {
            **summarize(measured(paint_uniformly(test, ab))),
            **reference.figures(paint_uniformly(test, ab)),
        }
        for name, ab in (("grey", GREY), ("mean_ab", mean_ab(Shards(PREPARED, TRAIN))))
    }
    general, saturation = load_checkpoint(GENERAL), _saturation()
    colors = colorize_squares(general, test, params, device, saturation_of(params, GENERAL))
    with temporary_shards(colors, len(test), test.size) as colored:
        baselines["general"] = summarized(colored)
    colors = colorize_squares(model, test, params, device, saturation, MEASURED_SEED)
    with temporary_shards(colors, len(test), test.size) as colored:
        aged = {"aged": summarized(colored)}
    choices = _choices(model, test, params, saturation, all_params.seed, device)
    write_json(METRICS, {**summary, **baselines, **aged, **choices})
    write_csv(PER_IMAGE, per_image.sort_values("image"))
    write_csv(PER_CATEGORY, per_category(per_image))
    numbers = NUMBERS if isinstance(model, HintedColorizer) else NUMBERS[:1]
    hints = measure_hints(model, test, numbers, params, saturation, all_params.seed, device)
    write_csv(HINTS, hints)

    ranked = per_image["psnr"].sort_values(ascending=False, kind="stable").index
    count = min(ranked_count, len(ranked))
    with whole_folder(FIGURES) as partial:
        save_figure(partial / "loss.png", loss_figure(pd.read_csv(LOSS)))
        vividness = vividness_figure(pd.read_csv(VIVIDNESS), saturation)
        save_figure(partial / "vividness.png", vividness)
        save_figure(partial / "hints.png", hints_figure(hints))
        means = {name: float(figures["psnr"]) for name, figures in baselines.items()}
        save_figure(partial / "psnr.png", psnr_figure(per_image["psnr"], means))
        for name, positions in (("best", ranked[:count]), ("worst", ranked[::-1][:count])):
            colorings = [
                Coloring(
                    name=str(per_image.loc[position, "image"]),
                    predicted=predictions[position],
                    true=test[position],
                    psnr=float(per_image.loc[position, "psnr"]),
                )
                for position in positions
            ]
            save_picture(partial / f"{name}.png", sheet(colorings))
    for name, figures in {"predicted": summary, **baselines, **aged}.items():
        columns = {**metric_columns(), FRECHET: ("Fréchet distance", "{:.1f}")}
        shown = [
            f"{title} {form.format(figures[metric])}"
            for metric, (title, form) in columns.items()
            if metric in figures
        ]
        print(f"{name:>9}: {'; '.join(shown)} (truth {figures['colorfulness_truth']:.1f})")
    for row in hints[hints["hints"] > 0].itertuples():
        print(f"with {row.hints} colour hints per photograph: PSNR {row.psnr:.2f} dB")
    if choices:
        suggestions, variants = choices["suggestions"], choices["variants"]
        print(
            f"one of five suggested colours is like the true one at {suggestions['five']:.0%} of "
            f"places; of five named swatches, at {suggestions['five_named_swatches']:.0%}"
        )
        print(
            f"the best of four colourings: PSNR {variants['psnr_best']:.2f} dB; the first: "
            f"{variants['psnr_first']:.2f} dB"
        )


def _saturation() -> float:
    return float(read_json(SATURATION)["saturation"])


def _choices(
    model: Colorizer,
    test: Shards,
    params: PredictParams,
    saturation: float,
    seed: int,
    device: torch.device,
) -> dict[str, dict[str, float]]:
    """Return what the choices that it offers are worth, if the network offers any."""
    if not isinstance(model, HintedColorizer) or color_head_of(model) is None:
        return {}
    return {
        "suggestions": measure_suggestions(model, test, params, seed, device),
        "variants": measure_variants(model, test, params, saturation, device),
    }


if __name__ == "__main__":
    run_stage(main)
