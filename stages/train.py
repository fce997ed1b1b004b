"""Train the network on data/prepared; keep its best epoch."""

from pathlib import Path
from time import perf_counter

from colorizer.checkpoint import save_checkpoint
from colorizer.dataset import LabPhotographs
from colorizer.devices import make_repeatable, pick_device
from colorizer.errors import UserError, run_stage
from colorizer.files import write_csv, write_json
from colorizer.models.registry import build_to_train
from colorizer.params import load_params
from colorizer.shards import Shards
from colorizer.splits import TRAIN, VAL
from colorizer.training import train

PREPARED = Path("data/prepared")
CHECKPOINT = Path("data/checkpoints/model.safetensors")
LOSS = Path("plots/loss.csv")
METRICS = Path("metrics/train.json")


def main() -> None:
    params = load_params()
    recipe = params.train.recipe(params.model)
    device = pick_device(params.train.device)
    make_repeatable(params.seed)
    model = build_to_train(params.model, recipe)
    train_set, val_set = Shards(PREPARED, TRAIN), Shards(PREPARED, VAL)
    if train_set.size % model.size_multiple:
        raise UserError(
            f"prepare.size must be a multiple of {model.size_multiple} for {params.model}, "
            f"got {train_set.size}"
        )
    started = perf_counter()
    with LabPhotographs(train_set) as train_lab, LabPhotographs(val_set) as val_lab:
        trained = train(model, recipe, (train_lab, val_lab), params.epochs, params.seed, device)
    save_checkpoint(CHECKPOINT, params.model, train_set.size, trained.weights)
    write_csv(LOSS, trained.history)
    best = trained.history.iloc[trained.best_epoch - 1]
    write_json(
        METRICS,
        {
            "best_epoch": trained.best_epoch,
            "train_loss": round(float(best["train"]), 6),
            "val_loss": round(float(best["val"]), 6),
            "parameters": sum(p.numel() for p in model.parameters()),
            "images": len(train_set),
        },
    )
    # Printed, not written: a time would make every run's outputs differ.
    print(
        f"{params.model}, {params.epochs} epochs of {len(train_set)} photographs in "
        f"{perf_counter() - started:.0f} s on {device}; best epoch {trained.best_epoch}, "
        f"val loss {best['val']:.5f}"
    )


if __name__ == "__main__":
    run_stage(main)
