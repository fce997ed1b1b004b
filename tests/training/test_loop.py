from __future__ import annotations

import math
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam

from colorizer.color.lab_torch import AB_SCALE, lab_from_bytes
from colorizer.common.errors import UserError
from colorizer.networks import unet
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_tensors import draw_places, true_hints
from colorizer.networks.hinted import Encoding
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import NETWORKS, build_to_train
from colorizer.networks.unet import UNet
from colorizer.training import batches
from colorizer.training import loop as training
from colorizer.training.learner import OPTIMIZERS
from colorizer.training.loop import Trained, train
from colorizer.training.losses import LOSSES
from colorizer.training.recovery import Recovery
from colorizer.training.training_state import State
from tests.network_helpers import (
    HintedPainter,
    Painter,
    Photographs,
    flat,
    lab_photographs,
    noise,
    plain_recipe,
    ramps,
    repeatable,
    unet_recipe,
)

CPU = torch.device("cpu")
ORANGE, BLUE = (230, 150, 60), (70, 120, 220)
VARIED: dict[str, Any] = {"flip": True, "min_crop": 0.7, "gamma": 0.25}
DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
    ),
]


def fit(
    folder: Path,
    model: Colorizer,
    recipe: Recipe,
    photographs: Photographs,
    val: Photographs | None = None,
    epochs: int = 1,
    seed: int = 0,
    device: torch.device = CPU,
    recovery: Recovery | None = None,
    may_stay: bool = False,
) -> Trained:
    """Train on photographs, and validate on ``val`` or the same ones."""
    val = photographs if val is None else val
    return train(
        model,
        recipe,
        (lab_photographs(folder / "train", photographs), lab_photographs(folder / "val", val)),
        epochs,
        seed,
        device,
        recovery=recovery,
        may_stay=may_stay,
    )


def loss_on(model: Colorizer, photographs: Photographs) -> float:
    """Return the mean absolute error in the scale of the training."""
    lab = lab_from_bytes(photographs)
    with torch.inference_mode():
        return float((model.eval()(lab[:, :1]) - lab[:, 1:]).abs().mean()) / AB_SCALE


class Constant(Colorizer):
    """Predicts the same chroma, a parameter, everywhere."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.ab = nn.Parameter(torch.full((2,), start))

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        batch, _, height, width = lightness.shape
        return self.ab[:, None, None].expand(batch, 2, height, width)


class Witness(Constant):
    """Notes the mean lightness of the photographs that it is trained on, batch by batch."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[int]] = []

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        if self.training:
            self.batches.append(lightness.mean(dim=(1, 2, 3)).round().int().tolist())
        return super().scaled_ab(lightness)


class Breaking(Constant):
    """Predicts ``value`` from call number ``first`` in the mode that is asked for."""

    def __init__(self, value: float, first: int, training: bool) -> None:
        super().__init__()
        self.value, self.first, self.mode, self.calls = value, first, training, 0

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        ab = super().scaled_ab(lightness)
        self.calls += self.training is self.mode
        broken = self.training is self.mode and self.calls >= self.first
        return ab * 0 + self.value if broken else ab


class TestHistory:
    def test_has_a_row_for_every_epoch(self, tmp_path: Path) -> None:
        history = fit(tmp_path, Painter(), plain_recipe(), ramps(), epochs=3).history
        assert list(history.columns) == ["epoch", "train", "val", "lr"]
        assert history["epoch"].tolist() == [1, 2, 3]
        assert np.isfinite(history.to_numpy()).all()

    @pytest.mark.parametrize(
        ("may_stay", "lengths"), [(False, [0, 1, 2, 3]), (True, [1, 2, 3, 4])]
    )
    def test_is_shown_before_the_first_epoch_and_after_each(
        self, tmp_path: Path, may_stay: bool, lengths: list[int]
    ) -> None:
        shown: list[pd.DataFrame] = []
        lab = lab_photographs(tmp_path, ramps())
        trained = train(
            Painter(), plain_recipe(), (lab, lab), 3, 0, CPU, may_stay=may_stay, show=shown.append
        )
        assert [len(history) for history in shown] == lengths
        for history in shown:
            pd.testing.assert_frame_equal(history, trained.history[: len(history)])

    def test_constant_schedule_keeps_the_learning_rate(self, tmp_path: Path) -> None:
        history = fit(tmp_path, Painter(), plain_recipe(lr=0.02), ramps(), epochs=3).history
        assert history["lr"].tolist() == [0.02] * 3

    @pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 8])
    def test_losses_are_means_over_photographs_whatever_the_batches(
        self, tmp_path: Path, batch_size: int
    ) -> None:
        photographs = flat(ORANGE, BLUE, (9, 9, 9), (250, 10, 10), (90, 91, 92), size=8)
        recipe = plain_recipe(lr=1e-12, batch_size=batch_size)
        history = fit(tmp_path, Constant(), recipe, photographs).history
        expected = loss_on(Constant(), photographs)
        assert history["train"].tolist() == pytest.approx([expected], abs=1e-4)
        assert history["val"].tolist() == pytest.approx([expected], abs=1e-4)

    def test_validation_is_of_the_other_photographs_and_not_learnt(self, tmp_path: Path) -> None:
        orange, blue = flat(ORANGE, size=8), flat(BLUE, size=8)
        recipe = plain_recipe(lr=0.01)
        trained = fit(tmp_path, Constant(), recipe, orange, val=blue, epochs=4)
        assert trained.history["train"].is_monotonic_decreasing
        assert trained.history["val"].is_monotonic_increasing


class TestStart:
    """A network that can colour already, and may stay as it is."""

    def fit(
        self, folder: Path, ema: float = 0.0, lr: float = 0.01, val: Photographs | None = None
    ) -> Trained:
        recipe = plain_recipe(lr=lr, ema=ema)
        orange = flat(ORANGE, size=8)
        return fit(folder, Constant(), recipe, orange, val=val, epochs=3, may_stay=True)

    @pytest.mark.parametrize("ema", [0.0, 0.9])
    def test_is_epoch_0_and_stays_where_no_epoch_is_better(
        self, tmp_path: Path, ema: float
    ) -> None:
        trained = self.fit(tmp_path, ema, val=flat(BLUE, size=8))
        assert trained.best_epoch == 0
        assert torch.equal(trained.weights["ab"], torch.zeros(2))
        history = trained.history
        assert history["epoch"].tolist() == [0, 1, 2, 3]
        expected = loss_on(Constant(), flat(BLUE, size=8))
        assert history["val"].iloc[0] == pytest.approx(expected, abs=1e-4)
        assert history["train"].isna().tolist() == [True, False, False, False]
        assert history["lr"].iloc[0] == 0

    def test_gives_way_to_a_better_epoch(self, tmp_path: Path) -> None:
        trained = self.fit(tmp_path)
        assert trained.best_epoch == 3
        assert trained.history["val"].is_monotonic_decreasing

    def test_changes_nothing_of_what_is_learnt(self, tmp_path: Path) -> None:
        with_start = self.fit(tmp_path)
        without = fit(tmp_path, Constant(), plain_recipe(lr=0.01), flat(ORANGE, size=8), epochs=3)
        assert with_start.history[1:].reset_index(drop=True).equals(without.history)
        assert torch.equal(with_start.weights["ab"], without.weights["ab"])


def test_validation_predicts_as_photographs_are_coloured(tmp_path: Path) -> None:
    class Wide(Constant):
        """Predicts more, the larger the picture."""

        def scaled_ab(self, lightness: Tensor) -> Tensor:
            return super().scaled_ab(lightness) + lightness.shape[-1] / 1000

    def val_of(scale: float) -> float:
        model = Wide()
        model.scale.fill_(scale)
        recipe = plain_recipe(lr=1e-12)
        return float(fit(tmp_path, model, recipe, flat((99, 99, 99), size=8)).history["val"][0])

    assert val_of(1.0) == pytest.approx(0.008, abs=1e-4)
    assert val_of(2.0) == pytest.approx(0.016, abs=1e-4)


def test_validation_is_as_exact_as_predicting(tmp_path: Path) -> None:
    class Exact(Constant):
        """Notes whether it may compute in bf16."""

        def scaled_ab(self, lightness: Tensor) -> Tensor:
            kinds.add((self.training, torch.is_autocast_enabled("cpu")))
            return super().scaled_ab(lightness)

    kinds: set[tuple[bool, bool]] = set()
    lab = lab_photographs(tmp_path, flat(ORANGE, size=8))
    train(Exact(), plain_recipe(), (lab, lab), 1, 0, CPU, precision="bf16")

    assert kinds == {(True, True), (False, False)}


def test_hint_head_learns_only_where_hints_are_taught(tmp_path: Path) -> None:
    def head_after(hints: bool) -> tuple[Tensor, Tensor]:
        recipe = unet_recipe(hints=hints)
        with repeatable(0):
            model = build_to_train("unet", recipe)
            before = model.get_parameter("hint_head.embed.weight").detach().clone()
            trained = fit(tmp_path, model, recipe, ramps())
        return before, trained.weights["hint_head.embed.weight"]

    before, after = head_after(hints=True)
    assert not torch.equal(before, after)
    before, after = head_after(hints=False)
    assert torch.equal(before, after)


def test_likely_colours_teach_their_head_and_nothing_else(tmp_path: Path) -> None:
    def trained(likely_colors: bool) -> dict[str, Tensor]:
        recipe = unet_recipe(likely_colors=likely_colors)
        with repeatable(0):
            return fit(tmp_path, build_to_train("unet", recipe), recipe, ramps()).weights

    taught, untaught = trained(True), trained(False)

    differ = {name for name, value in taught.items() if not torch.equal(value, untaught[name])}
    assert "color_head.to_logits.weight" in differ
    assert all(name.startswith("color_head.") for name in differ)


def test_where_only_heads_learn_the_last_epoch_is_kept_and_predicts_as_before(
    tmp_path: Path,
) -> None:
    recipe = unet_recipe(learns="heads", start="general", hints=False, ema=0.5)
    with repeatable(0):
        model = build_to_train("unet", recipe)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        photographs = lab_photographs(tmp_path / "train", ramps())
        kept = train(model, recipe, (photographs, photographs), 3, 0, CPU, may_stay=True)

    assert kept.best_epoch == 3
    assert kept.history["lr"].max() == pytest.approx(recipe.lr)  # not its head's
    assert len({*kept.history["val"]}) == 1
    after = kept.weights
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert "color_head.to_logits.weight" in changed
    assert all(name.startswith("color_head.") for name in changed)


def test_heads_that_are_not_taught_leave_nothing_to_learn() -> None:
    recipe = unet_recipe(learns="heads", hints=False, likely_colors=False)

    with pytest.raises(UserError, match=r"^train\.unet\.learns=heads leaves nothing to learn"):
        build_to_train("unet", recipe)


@pytest.mark.parametrize(
    ("name", "recipe", "size", "epochs", "share"),
    [
        ("unet", unet_recipe(lr=0.003, start="imagenet"), 32, 8, 0.5),
        ("conv_ae", plain_recipe(lr=0.0002), 16, 9, 0.9),
        ("simple_ae", plain_recipe(lr=0.02, loss="mse"), 32, 40, 0.75),
    ],
)
def test_every_network_learns_two_photographs_by_heart(
    tmp_path: Path, name: str, recipe: Recipe, size: int, epochs: int, share: float
) -> None:
    with repeatable(0):
        model = build_to_train(name, recipe)
        history = fit(tmp_path, model, recipe, ramps(size), epochs=epochs).history
    assert history["train"].iloc[-1] < share * history["train"].iloc[0]


class TestBestEpoch:
    PALE = flat((190, 165, 140), size=8)

    @pytest.mark.parametrize(
        ("val", "best"), [pytest.param(BLUE, 1, id="first"), pytest.param(ORANGE, 5, id="last")]
    )
    def test_is_where_validation_is_best(
        self, tmp_path: Path, val: tuple[int, int, int], best: int
    ) -> None:
        recipe = plain_recipe(lr=0.01)
        orange = flat(ORANGE, size=8)
        trained = fit(tmp_path, Constant(), recipe, orange, flat(val, size=8), epochs=5)
        assert trained.best_epoch == best
        assert trained.best_epoch == int(trained.history["val"].argmin()) + 1

    def fit_past_validation(self, folder: Path, model: Constant) -> Trained:
        # On its way from far off to orange, the chroma passes the paler one of validation.
        recipe = plain_recipe(lr=0.03)
        return fit(folder, model, recipe, flat(ORANGE, size=8), self.PALE, epochs=16)

    def test_may_lie_in_the_middle(self, tmp_path: Path) -> None:
        trained = self.fit_past_validation(tmp_path, Constant(start=-0.05))
        assert 1 < trained.best_epoch < 16
        assert trained.best_epoch == int(trained.history["val"].argmin()) + 1

    def test_its_weights_are_returned(self, tmp_path: Path) -> None:
        model = Constant(start=-0.05)
        trained = self.fit_past_validation(tmp_path, model)
        best = Constant()
        best.load_state_dict(trained.weights)
        assert loss_on(best, self.PALE) == pytest.approx(trained.history["val"].min(), abs=1e-4)
        # The network itself went on learning, and the returned weights did not follow it.
        assert loss_on(model, self.PALE) == pytest.approx(
            trained.history["val"].iloc[-1], abs=1e-4
        )
        assert not torch.equal(model.ab.detach(), trained.weights["ab"])

    def test_its_weights_are_whole_and_hold_no_gradients(self, tmp_path: Path) -> None:
        with repeatable(0):
            model = UNet()
            trained = fit(tmp_path, model, unet_recipe(), ramps())
        assert set(trained.weights) == set(model.state_dict())
        assert not any(weight.requires_grad for weight in trained.weights.values())
        assert {weight.device.type for weight in trained.weights.values()} == {"cpu"}


class Recorder(Adam):
    """Notes the learning rates of every step: a list for each, by parameter group."""

    steps: list[list[float]]

    def step(self, *args: Any, **kwargs: Any) -> Any:
        self.steps.append([group["lr"] for group in self.param_groups])
        return super().step(*args, **kwargs)


class TestSchedule:
    @pytest.fixture
    def steps(self, monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
        steps: list[list[float]] = []
        monkeypatch.setattr(Recorder, "steps", steps, raising=False)
        monkeypatch.setitem(OPTIMIZERS, "adam", Recorder)
        return steps

    def test_one_cycle_rises_in_the_first_fifth_then_falls_to_near_zero(
        self, tmp_path: Path, steps: list[list[float]]
    ) -> None:
        recipe = plain_recipe(lr=0.5, schedule="one_cycle", batch_size=1)
        fit(tmp_path, Painter(), recipe, flat(ORANGE, BLUE, size=4), epochs=20)
        rates = [rate for (rate,) in steps]
        peak = int(np.argmax(rates))
        assert len(rates) == 40
        assert peak == pytest.approx(0.2 * 40, abs=1)
        assert rates[peak] == pytest.approx(0.5, rel=0.02)
        assert rates[0] == pytest.approx(0.5 / 25)
        assert rates[-1] < 0.01 * 0.5
        assert rates[: peak + 1] == sorted(rates[: peak + 1])
        assert rates[peak:] == sorted(rates[peak:], reverse=True)

    def test_history_has_the_learning_rate_at_the_start_of_each_epoch(
        self, tmp_path: Path, steps: list[list[float]]
    ) -> None:
        recipe = plain_recipe(lr=0.5, schedule="one_cycle", batch_size=2)
        trained = fit(tmp_path, Painter(), recipe, noise(5, 4), epochs=4)
        assert len(steps) == 12
        assert trained.history["lr"].tolist() == [rate for (rate,) in steps[::3]]

    @pytest.mark.parametrize("schedule", ["constant", "one_cycle"])
    def test_encoder_and_heads_run_at_their_shares_all_along(
        self, tmp_path: Path, steps: list[list[float]], schedule: str
    ) -> None:
        recipe = unet_recipe(lr=0.01, schedule=schedule, encoder_lr=0.1)
        with repeatable(0):
            fit(tmp_path, build_to_train("unet", recipe), recipe, ramps(), epochs=6)
        assert len(steps) == 6
        decoder, encoder, hint_head, color_head = zip(*steps, strict=True)
        assert encoder == pytest.approx([0.1 * lr for lr in decoder])
        assert hint_head == pytest.approx([10 * lr for lr in decoder])
        assert color_head == pytest.approx([2 * lr for lr in decoder])
        assert (len(set(decoder)) == 1) == (schedule == "constant")

    @pytest.mark.parametrize("count", range(1, 12))
    def test_one_cycle_takes_any_number_of_steps(
        self, tmp_path: Path, steps: list[list[float]], count: int
    ) -> None:
        recipe = plain_recipe(lr=0.5, schedule="one_cycle")
        fit(tmp_path, Painter(), recipe, flat(ORANGE, size=4), epochs=count)
        rates = [rate for (rate,) in steps]
        assert len(rates) == count
        assert min(rates) > 0
        assert max(rates) <= 0.5
        assert count == 1 or rates[0] < max(rates)


class TestOrder:
    GREYS = flat(*[(level, level, level) for level in range(20, 240, 20)], size=4)

    def batches(self, folder: Path, seed: int = 0, epochs: int = 3, **changes: Any) -> Any:
        witness = Witness()
        recipe = plain_recipe(batch_size=4, **changes)
        fit(folder, witness, recipe, self.GREYS, epochs=epochs, seed=seed)
        return witness.batches

    def test_every_epoch_meets_every_photograph_once_in_another_order(
        self, tmp_path: Path
    ) -> None:
        batches = self.batches(tmp_path)
        assert [len(batch) for batch in batches] == 3 * [4, 4, 3]
        epochs = [list(chain(*batches[start : start + 3])) for start in (0, 3, 6)]
        levels = lab_from_bytes(self.GREYS)[:, 0].mean(dim=(1, 2)).round().int().tolist()
        assert all(sorted(epoch) == sorted(levels) for epoch in epochs)
        assert len({tuple(epoch) for epoch in epochs}) == 3

    def test_follows_the_seed(self, tmp_path: Path) -> None:
        first, again = (self.batches(tmp_path, seed=1) for _ in range(2))
        assert first == again
        assert first != self.batches(tmp_path, seed=2)

    def test_of_an_epoch_depends_on_its_number_alone(self, tmp_path: Path) -> None:
        # Mirroring draws numbers, and leaves these photographs as they are.
        assert self.batches(tmp_path) == self.batches(tmp_path, flip=True)

    def test_of_the_first_epochs_is_the_same_in_a_longer_training(self, tmp_path: Path) -> None:
        assert self.batches(tmp_path, epochs=2) == self.batches(tmp_path, epochs=3)[:6]


class TestDivergence:
    def test_much_too_high_learning_rate_is_a_user_error(self, tmp_path: Path) -> None:
        with repeatable(0):
            recipe = plain_recipe(lr=1e30, loss="mse")
            model = build_to_train("conv_ae", recipe)
            with pytest.raises(UserError, match=r"in epoch \d: .* Lower the learning rate \(lr"):
                fit(tmp_path, model, recipe, ramps(), epochs=3)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=str)
    @pytest.mark.parametrize("training", [True, False], ids=["training", "validation"])
    @pytest.mark.parametrize("epoch", [1, 2])
    def test_names_the_epoch_and_the_learning_rate(
        self, tmp_path: Path, value: float, training: bool, epoch: int
    ) -> None:
        model = Breaking(value, first=epoch, training=training)
        shown = str(abs(value))
        message = (
            rf"^the loss became {shown} in epoch {epoch}: the training diverged\. Lower the "
            r"learning rate \(lr, now 0\.001, "
        )
        with pytest.raises(UserError, match=message):
            fit(tmp_path, model, plain_recipe(), ramps(), epochs=3)

    def test_stops_before_the_weights_are_spoilt(self, tmp_path: Path) -> None:
        model = Breaking(math.nan, first=3, training=True)
        with pytest.raises(UserError):
            fit(tmp_path, model, plain_recipe(), ramps(), epochs=9)
        assert model.calls == 3
        assert bool(model.ab.isfinite().all())


def varied(folder: Path, name: str, device: str, seed: int) -> Trained:
    """Train a whole network with all that draws random numbers."""
    changes = {"ema": 0.9, "schedule": "one_cycle", **VARIED}
    recipe = unet_recipe(**changes) if name == "unet" else plain_recipe(**changes)
    with repeatable(1):
        return fit(
            folder,
            build_to_train(name, recipe),
            recipe,
            np.concatenate([ramps(), noise(1, 32)]),
            epochs=2,
            seed=seed,
            device=torch.device(device),
        )


@pytest.fixture(scope="class")
def first(tmp_path_factory: pytest.TempPathFactory, name: str, device: str) -> Trained:
    """What the tests of repeatability compare another training with."""
    return varied(tmp_path_factory.mktemp("first"), name, device, seed=5)


@pytest.mark.parametrize("device", DEVICES, scope="class")
@pytest.mark.parametrize("name", list(NETWORKS), scope="class")
class TestRepeatability:
    def test_same_seed_same_bits(
        self, tmp_path: Path, first: Trained, name: str, device: str
    ) -> None:
        again = varied(tmp_path, name, device, seed=5)
        assert first.history.equals(again.history)
        assert first.weights.keys() == again.weights.keys()
        assert all(torch.equal(value, again.weights[key]) for key, value in first.weights.items())

    def test_other_seed_other_bits(
        self, tmp_path: Path, first: Trained, name: str, device: str
    ) -> None:
        other = varied(tmp_path, name, device, seed=6)
        assert not first.history["train"].equals(other.history["train"])
        assert any(
            not torch.equal(value, other.weights[key]) for key, value in first.weights.items()
        )


class StopError(Exception):
    """Raised where a training is to break off."""


class StopAfter(Recovery):
    """Saves the state of ``epoch`` and breaks the training off."""

    def __init__(self, folder: Path, epoch: int) -> None:
        super().__init__(folder / ".resume", "ab" * 32)
        self.stop = epoch

    def save(self, state: State) -> None:
        super().save(state)
        if state.epoch == self.stop:
            raise StopError


class Dropping(Painter):
    """Draws from torch's global generator."""

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        return F.dropout(super().scaled_ab(lightness), 0.5, self.training)


class TestResume:
    EPOCHS = 4

    def fit(
        self,
        folder: Path,
        make: Any,
        recipe: Recipe,
        recovery: Recovery | None,
        epochs: int = EPOCHS,
    ) -> Trained:
        with repeatable(1):
            return fit(
                folder,
                make(),
                recipe,
                np.concatenate([ramps(), noise(1, 32)]),
                val=noise(2, 32, seed=5),
                epochs=epochs,
                seed=7,
                recovery=recovery,
            )

    def check_same_bits(
        self, folder: Path, make: Any, recipe: Recipe, stops: list[int], epochs: int = EPOCHS
    ) -> None:
        whole = self.fit(folder, make, recipe, None, epochs)
        for stop in stops:
            with pytest.raises(StopError):
                self.fit(folder, make, recipe, StopAfter(folder, stop), epochs)
        resumed = self.fit(folder, make, recipe, StopAfter(folder, epoch=0), epochs)
        assert resumed.history.equals(whole.history)
        assert resumed.best_epoch == whole.best_epoch
        assert resumed.weights.keys() == whole.weights.keys()
        assert all(
            torch.equal(value, whole.weights[key]) for key, value in resumed.weights.items()
        )

    @pytest.mark.parametrize("stops", [[1], [2, 3], [4]], ids=str)
    @pytest.mark.parametrize("ema", [0.0, 0.5])
    @pytest.mark.parametrize("schedule", ["constant", "one_cycle"])
    def test_gives_the_bits_of_an_uninterrupted_training(
        self, tmp_path: Path, schedule: str, ema: float, stops: list[int]
    ) -> None:
        recipe = plain_recipe(
            optimizer="adamw", weight_decay=0.1, lr=0.1, schedule=schedule, ema=ema, **VARIED
        )
        self.check_same_bits(tmp_path, Painter, recipe, stops)

    @pytest.mark.parametrize("name", ["unet", "simple_ae"])
    def test_works_for_whole_networks(self, tmp_path: Path, name: str) -> None:
        changes = {"lr": 0.003, "ema": 0.9, "schedule": "one_cycle", **VARIED}
        recipe = unet_recipe(**changes) if name == "unet" else plain_recipe(**changes)
        self.check_same_bits(tmp_path, lambda: build_to_train(name, recipe), recipe, [1], 2)

    def test_draws_what_layers_drew(self, tmp_path: Path) -> None:
        self.check_same_bits(tmp_path, Dropping, plain_recipe(lr=0.1), [2])

    @pytest.mark.parametrize("best", ["first", "last"])
    def test_keeps_the_best_epoch_wherever_it_was(self, tmp_path: Path, best: str) -> None:
        def stopped(recovery: Recovery | None) -> Trained:
            return fit(
                tmp_path,
                Constant(),
                plain_recipe(lr=0.01),
                flat(ORANGE, size=8),
                flat(BLUE if best == "first" else ORANGE, size=8),
                epochs=self.EPOCHS,
                recovery=recovery,
            )

        whole = stopped(None)
        with pytest.raises(StopError):
            stopped(StopAfter(tmp_path, 3))
        resumed = stopped(StopAfter(tmp_path, 0))
        assert resumed.best_epoch == whole.best_epoch == (1 if best == "first" else 4)
        assert torch.equal(resumed.weights["ab"], whole.weights["ab"])

    def test_tells_after_which_epoch(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        recipe = plain_recipe()
        self.fit(tmp_path, Painter, recipe, None)
        with pytest.raises(StopError):
            self.fit(tmp_path, Painter, recipe, StopAfter(tmp_path, 3))
        assert capsys.readouterr().out == ""
        self.fit(tmp_path, Painter, recipe, StopAfter(tmp_path, 0))
        assert capsys.readouterr().out == "resuming after epoch 3 of 4\n"

    def test_takes_only_the_steps_that_are_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(StopError):
            self.fit(tmp_path, Painter, plain_recipe(), StopAfter(tmp_path, 3))
        seen = []

        def counted(lab: Tensor, *_: object) -> Tensor:
            seen.append(len(lab))
            return lab

        monkeypatch.setattr(batches, "augment", counted)
        self.fit(tmp_path, Painter, plain_recipe(), StopAfter(tmp_path, 0))
        assert seen == [2, 1]

    def test_best_weights_are_not_saved_twice(self, tmp_path: Path) -> None:
        saved: list[set[str]] = []

        class Noting(StopAfter):
            def save(self, state: State) -> None:
                saved.append({name.partition(".")[0] for name in state.tensors})

        fit(
            tmp_path,
            Constant(),
            plain_recipe(lr=0.01),
            flat(ORANGE, size=8),
            flat(BLUE, size=8),
            epochs=2,
            recovery=Noting(tmp_path, 0),
        )
        assert saved == [{"model", "optimizer"}, {"model", "optimizer", "best"}]


class TestEncoder:
    def changed(self, folder: Path, encoder_lr: float, ema: float = 0.0) -> set[str]:
        recipe = unet_recipe(
            encoder_lr=encoder_lr, ema=ema, optimizer="adamw", weight_decay=0.1, lr=0.01
        )
        with repeatable(0):
            model = build_to_train("unet", recipe)
            before = {key: value.clone() for key, value in model.state_dict().items()}
            after = fit(folder, model, recipe, ramps(), epochs=3).weights
        return {key for key, value in before.items() if not torch.equal(value, after[key])}

    @pytest.mark.parametrize("ema", [0.0, 0.98])
    def test_frozen_is_left_as_it_was(self, tmp_path: Path, ema: float) -> None:
        changed = self.changed(tmp_path, encoder_lr=0.0, ema=ema)
        assert not any(key.startswith("encoder.") for key in changed)
        assert "to_ab.weight" in changed
        assert "decoder.0.mix.0.weight" in changed

    def test_trained_changes_but_for_its_statistics(self, tmp_path: Path) -> None:
        changed = self.changed(tmp_path, encoder_lr=0.5)
        assert "encoder._conv_stem.weight" in changed
        assert not any(
            key.startswith("encoder.") and ("running" in key or "num_batches" in key)
            for key in changed
        )


class TestHints:
    """Hints teach the head, and the head alone."""

    def fit(self, folder: Path, precision: str = "float32") -> Trained:
        changes = {"ema": 0.5, "dropout": 0.3, "schedule": "one_cycle", "lr": 0.01}
        recipe = unet_recipe(optimizer="adamw", weight_decay=0.1, **changes, **VARIED)
        # A second batch in every epoch; not with bf16, which takes most CPUs long.
        more = noise(1 if precision == "float32" else 0, 32)
        photographs = lab_photographs(folder / "train", np.concatenate([ramps(), more]))
        val = lab_photographs(folder / "val", ramps())
        with repeatable(0):
            model = build_to_train("unet", recipe)
            return train(model, recipe, (photographs, val), 2, 0, CPU, precision=precision)

    @pytest.mark.parametrize("precision", ["float32", "bf16"])
    def test_change_no_bit_of_what_is_learnt_without_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
    ) -> None:
        usual = self.fit(tmp_path, precision)
        others = {}
        with monkeypatch.context() as patch:
            patch.setattr(batches, "draw_number", lambda _: 3)
            others["of another number"] = self.fit(tmp_path, precision)
        with monkeypatch.context() as patch:
            patch.setattr(unet, "HINT_HEAD_LR", 0.0)
            others["that teach nothing"] = self.fit(tmp_path, precision)
        with monkeypatch.context() as patch:
            patch.setattr(training, "HintedColorizer", Constant)  # no network of hints is one
            others["that are not there"] = self.fit(tmp_path, precision)

        for how, other in others.items():
            assert other.history.equals(usual.history), how
            assert other.best_epoch == usual.best_epoch, how
            differ = {
                name
                for name, value in usual.weights.items()
                if not torch.equal(value, other.weights[name])
            }
            assert "hint_head.embed.weight" in differ, how
            assert all(name.startswith(("hint_head.", "color_head.")) for name in differ), how

    def test_are_true_of_the_photographs_as_they_are_augmented(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        photographs, given = [], []

        def noted(ab: Tensor, places: Tensor) -> Tensor:
            photographs.append(ab)
            return true_hints(ab, places)

        class Witness(HintedPainter):
            def decode(self, seen: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
                given.append(hints)
                return super().decode(seen, hints)

        monkeypatch.setattr(batches, "true_hints", noted)
        recipe = unet_recipe(batch_size=2, crop_scale=0.5, likely_colors=False, **VARIED)
        fit(tmp_path, Witness(), recipe, noise(3, 16), epochs=2)

        photographs = photographs[::2]  # also called for samples, of which there are none
        assert [tuple(ab.shape) for ab in photographs] == 2 * [(2, 2, 8, 8), (1, 2, 8, 8)]
        for ab, hints in zip(photographs, given, strict=True):
            assert torch.equal(hints, true_hints(ab, hints[..., :2]))
        # Neither their number nor their places are those of the batch or of the epoch before.
        assert len({hints.shape[1] for hints in given}) > 1
        assert len({hints[0, 0, 0].item() for hints in given}) == 4

    def test_teach_to_follow_them(self, tmp_path: Path) -> None:
        # Dark and light halves have a colour each that nothing tells but a hint.
        numbers = np.random.default_rng(0)
        tints = numbers.integers(-40, 40, (24, 1, 2, 3))
        halves = (np.array([[90], [160]]) + tints).astype(np.uint8)
        photographs = halves.repeat(16, axis=1).repeat(8, axis=2)
        model = HintedPainter()
        recipe = unet_recipe(lr=0.02, batch_size=8)
        # Long enough that it hardly matters which hints are drawn.
        trained = fit(tmp_path, model, recipe, photographs, epochs=40)

        lab = lab_from_bytes(photographs)
        places = draw_places(24, 1, torch.Generator().manual_seed(1))
        hints = true_hints(lab[:, 1:], places)

        def error(hints: Tensor) -> float:
            with torch.inference_mode():
                own, given = model.eval().decode(model.encode(lab[:, :1]), hints)
                return float((own + given - lab[:, 1:]).abs().mean())

        model.load_state_dict(trained.weights)
        without, learnt = error(hints[:, :0]), error(hints)
        model.hint_head.load_state_dict(HintedPainter().hint_head.state_dict())
        untaught = error(hints)
        assert learnt < 0.8 * without
        assert learnt < 0.8 * untaught

    @pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
    def test_that_lead_to_no_number_end_the_training(self, tmp_path: Path, value: float) -> None:
        class Broken(HintedPainter):
            calls = 0

            def decode(self, seen: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
                own, given = super().decode(seen, hints)
                self.calls += 1
                return own, given if self.calls < 4 else given + value

        model = Broken()
        message = rf"^the loss became {value} in epoch 2: the training diverged\. Lower the learn"
        with pytest.raises(UserError, match=message):
            fit(tmp_path, model, unet_recipe(batch_size=1), ramps(16), epochs=3)
        assert all(bool(weight.isfinite().all()) for weight in model.state_dict().values())

    def test_are_in_no_loss_of_the_history(self, tmp_path: Path) -> None:
        photographs = ramps(16)
        recipe = unet_recipe(lr=1e-12)
        history = fit(tmp_path, HintedPainter(), recipe, photographs).history
        expected = pytest.approx([loss_on(HintedPainter(), photographs)], abs=1e-4)
        assert history["train"].tolist() == expected
        assert history["val"].tolist() == expected


class TestAverage:
    @pytest.fixture
    def steps(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Tensor]]:
        """Note the state of ``self.model`` after every step."""
        steps: list[dict[str, Tensor]] = []

        def step(adam: Adam, *args: Any, **kwargs: Any) -> Any:
            done = plain_step(adam, *args, **kwargs)
            steps.append({key: value.clone() for key, value in self.model.state_dict().items()})
            return done

        plain_step = Adam.step
        monkeypatch.setattr(Adam, "step", step)
        return steps

    def fit(self, folder: Path, **changes: Any) -> Trained:
        recipe = unet_recipe(batch_size=1, lr=0.01, **changes)
        with repeatable(0):
            self.model = build_to_train("unet", recipe)
            return fit(folder, self.model, recipe, noise(4, 32))

    def test_of_the_weights_and_statistics_over_the_steps_is_returned(
        self, tmp_path: Path, steps: list[dict[str, Tensor]]
    ) -> None:
        trained = self.fit(tmp_path, ema=0.75)
        assert len(steps) == 4
        average = steps[0]
        for step in steps[1:]:
            average = {key: 0.75 * average[key] + 0.25 * step[key] for key in step}
        exact = [key for key, value in average.items() if "num_batches" not in key]
        assert trained.weights.keys() == average.keys()
        for key in exact:
            torch.testing.assert_close(trained.weights[key], average[key], atol=1e-5, rtol=1e-4)
        for key in ("to_ab.bias", "decoder.0.mix.0.weight", "decoder.0.mix.1.running_mean"):
            assert not torch.allclose(trained.weights[key], steps[-1][key], atol=1e-5, rtol=1e-4)

    def test_is_what_is_validated(self, tmp_path: Path) -> None:
        trained = self.fit(tmp_path, ema=0.75)
        averaged = UNet()
        averaged.load_state_dict(trained.weights)
        (found,) = trained.history["val"]
        assert loss_on(averaged, noise(4, 32)) == pytest.approx(found, abs=1e-4)
        assert loss_on(self.model, noise(4, 32)) != pytest.approx(found, abs=1e-3)

    def test_of_none_is_the_last_step(
        self, tmp_path: Path, steps: list[dict[str, Tensor]]
    ) -> None:
        trained = self.fit(tmp_path, ema=0.0)
        assert all(torch.equal(trained.weights[key], value) for key, value in steps[-1].items())

    def test_does_not_change_the_course_of_the_training(
        self, tmp_path: Path, steps: list[dict[str, Tensor]]
    ) -> None:
        for ema in (0.0, 0.9):
            self.fit(tmp_path, ema=ema)
        for plain, averaged in zip(steps[:4], steps[4:], strict=True):
            assert all(torch.equal(value, averaged[key]) for key, value in plain.items())


class TestLosses:
    @pytest.mark.parametrize("loss", ["l1", "mse", "smooth_l1", "sqrt_l1"])
    def test_recipe_chooses_the_loss_on_scaled_chroma(self, tmp_path: Path, loss: str) -> None:
        photographs = flat(ORANGE, size=8)
        history = fit(tmp_path, Constant(), plain_recipe(loss=loss, lr=1e-12), photographs).history
        ab = lab_from_bytes(photographs)[:, 1:] / 128
        expected = float(LOSSES[loss](torch.zeros_like(ab), ab))
        assert history["train"].tolist() == pytest.approx([expected], rel=1e-3)
        assert history["val"].tolist() == pytest.approx([expected], rel=1e-3)

    @pytest.mark.parametrize("chroma_weight", [0.5, 4.0])
    @pytest.mark.parametrize("loss", ["l1", "mse"])
    def test_errors_of_vivid_pixels_count_more_by_their_true_chroma(
        self, tmp_path: Path, loss: str, chroma_weight: float
    ) -> None:
        photographs = flat(ORANGE, BLUE, (128, 128, 128), size=8)
        recipe = plain_recipe(loss=loss, chroma_weight=chroma_weight, lr=1e-12, batch_size=3)
        history = fit(tmp_path, Constant(start=0.1), recipe, photographs).history
        true = lab_from_bytes(photographs)[:, 1:]
        weight = 1 + chroma_weight * true.square().sum(dim=1, keepdim=True).sqrt() / 100
        error = (0.1 - true / AB_SCALE).abs() * weight
        expected = float((error if loss == "l1" else error**2).mean())
        assert history["train"].tolist() == pytest.approx([expected], rel=1e-4)
        assert history["val"].tolist() == pytest.approx([expected], rel=1e-4)

    def test_errors_of_vivid_pixels_make_the_answer_more_vivid(self, tmp_path: Path) -> None:
        def chroma_learnt(chroma_weight: float) -> float:
            recipe = plain_recipe(loss="mse", chroma_weight=chroma_weight, lr=0.01)
            photographs = flat(ORANGE, (190, 165, 140), size=8)
            model = Constant()
            fit(tmp_path, model, recipe, photographs, epochs=60)
            return float(model.ab.detach().norm())

        assert chroma_learnt(4.0) > 1.2 * chroma_learnt(0.0)

    def test_weight_decay_pulls_weights_to_zero(self, tmp_path: Path) -> None:
        photographs = flat(ORANGE, size=8)
        true = lab_photographs(tmp_path, photographs)[torch.arange(1)]
        found = []
        for weight_decay in (0.0, 1.0):
            model = Constant()
            with torch.no_grad():  # already right: only decay moves it
                model.ab.copy_(true[0, 1:, 0, 0] / AB_SCALE)
            recipe = plain_recipe(optimizer="adamw", weight_decay=weight_decay, lr=0.1)
            fit(tmp_path, model, recipe, photographs)
            found.append(model.ab.detach() / (true[0, 1:, 0, 0] / AB_SCALE))
        torch.testing.assert_close(found[0], torch.ones(2))
        torch.testing.assert_close(found[1], torch.full((2,), 1 - 0.1 * 1.0))


def test_augmentation_is_for_training_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def noted(lab: Tensor, *_: object) -> Tensor:
        seen.append(len(lab))
        return lab

    monkeypatch.setattr(batches, "augment", noted)
    fit(tmp_path, Painter(), plain_recipe(), noise(3, 4), val=noise(4, 4), epochs=2)
    assert seen == [2, 1, 2, 1]


@pytest.mark.parametrize(("scale", "side"), [(0.25, 4), (0.5, 8), (0.8, 12), (1.0, 16)])
def test_crops_are_resized_to_what_the_network_can_take(
    tmp_path: Path, scale: float, side: int
) -> None:
    seen = []

    class Watcher(Painter):
        size_multiple = 4

        def scaled_ab(self, lightness: Tensor) -> Tensor:
            if self.training:
                seen.append(tuple(lightness.shape[-2:]))
            return super().scaled_ab(lightness)

    fit(tmp_path, Watcher(), plain_recipe(crop_scale=scale), noise(2, 16))
    assert seen == [(side, side)]


def test_progress_is_told_on_standard_error_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(tmp_path, Painter(), plain_recipe(), noise(3, 4), epochs=2)
    told = capsys.readouterr()
    assert told.out == ""
    assert "6/6" in told.err


def test_val_set_may_be_smaller_than_a_batch(tmp_path: Path) -> None:
    recipe = plain_recipe(batch_size=16)
    history = fit(tmp_path, Painter(), recipe, noise(3, 4), val=noise(1, 4)).history
    assert len(history) == 1


def test_data_stay_as_they_are(tmp_path: Path) -> None:
    recipe = plain_recipe(flip=True, min_crop=0.5, gamma=1.0)
    lab = lab_photographs(tmp_path, noise(3, 4))
    before = lab[torch.arange(3)]
    train(Painter(), recipe, (lab, lab), epochs=1, seed=0, device=CPU)
    assert torch.equal(before, lab[torch.arange(3)])
