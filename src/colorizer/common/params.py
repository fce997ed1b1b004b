"""``params.yaml`` as frozen dataclasses, every value checked and every error naming its key."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import yaml

from colorizer.common.errors import UserError

T = TypeVar("T")

PARAMS_FILE = Path("params.yaml")
TYPE_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class ParamsError(UserError):
    """A parameter that is unknown, missing, of the wrong type or out of range."""


@dataclass(frozen=True)
class Rule:
    """The values that a parameter may take: a closed or half-open interval, or a choice."""

    above: float = -math.inf
    at_least: float = -math.inf
    at_most: float = math.inf
    below: float = math.inf
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # that may stand for a number

    def allows(self, value: object) -> bool:
        """Tell whether a value of the right type may be taken; NaN and infinity never are."""
        if isinstance(value, str):
            allowed = self.choices + self.words
            return not allowed or value in allowed
        if not isinstance(value, (int, float)):
            return True
        # Not math.isfinite, which fails on whole numbers that are too large for a float.
        finite = abs(value) <= sys.float_info.max
        enough = value > self.above and value >= self.at_least
        return finite and enough and value < self.below and value <= self.at_most

    def __str__(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        bounds = [
            (">", self.above),
            (">=", self.at_least),
            ("<", self.below),
            ("<=", self.at_most),
        ]
        limits = (f"{sign} {bound:g}" for sign, bound in bounds if math.isfinite(bound))
        return " or ".join([" and ".join(limits), *self.words])


@dataclass(frozen=True)
class FetchParams:
    """Where the photographs come from; the comments in params.yaml explain every field."""

    folder: str
    archive: str
    sha256: str
    max_unpacked_gb: Annotated[float, Rule(above=0)]
    max_expansion: Annotated[float, Rule(at_least=1)]


@dataclass(frozen=True)
class PrepareParams:
    """How photographs are filtered, cropped, resized and split."""

    size: Annotated[int, Rule(at_least=16, at_most=4096)]
    orientation: Annotated[str, Rule(choices=("landscape", "any"))]
    crop: Annotated[str, Rule(choices=("center", "stretch"))]
    min_side: Annotated[int, Rule(at_least=1)]
    max_megapixels: Annotated[float, Rule(above=0)]
    min_chroma: Annotated[float, Rule(at_least=0)]
    duplicate_distance: Annotated[int, Rule(at_least=0, at_most=16)]
    duplicate_similarity: Annotated[float, Rule(above=0, at_most=1)]
    val: Annotated[float, Rule(above=0, below=1)]
    test: Annotated[float, Rule(above=0, below=1)]
    limit: Annotated[int, Rule(at_least=0)]
    scheduler: str
    workspace: str

    def __post_init__(self) -> None:
        if self.val + self.test >= 1:
            raise ParamsError(
                "prepare.val + prepare.test must be < 1, to leave photographs to train on, "
                f"got {self.val:g} + {self.test:g}"
            )


@dataclass(frozen=True)
class Recipe:
    """How one network is trained: optimiser, schedule, loss, batches and augmentation."""

    optimizer: Annotated[str, Rule(choices=("adam", "adamw"))]
    lr: Annotated[float, Rule(above=0)]
    weight_decay: Annotated[float, Rule(at_least=0)]
    schedule: Annotated[str, Rule(choices=("constant", "one_cycle"))]
    loss: Annotated[str, Rule(choices=("l1", "sqrt_l1", "smooth_l1", "mse"))]
    chroma_weight: Annotated[float, Rule(at_least=0)]
    batch_size: Annotated[int, Rule(at_least=1)]
    ema: Annotated[float, Rule(at_least=0, below=1)]
    flip: bool
    min_crop: Annotated[float, Rule(above=0, at_most=1)]
    crop_scale: Annotated[float, Rule(at_least=0.25, at_most=4)]
    gamma: Annotated[float, Rule(at_least=0, at_most=2)]
    scale: Annotated[float, Rule(at_least=0.25, at_most=4)]


Chance = Annotated[float, Rule(at_least=0, at_most=1)]


@dataclass(frozen=True)
class AgingParams:
    """How many photographs are made old, and how probable each step is then."""

    share: Chance
    spectral_response: Chance
    lens_blur: Chance
    vignette: Chance
    characteristic_curve: Chance
    grain: Chance
    scratches: Chance
    halftone: Chance
    compression: Chance
    paper_border: Chance


@dataclass(frozen=True)
class UNetRecipe(Recipe):
    """A recipe, what the network starts from, and how its encoder takes part in it."""

    start: Annotated[str, Rule(choices=("general", "imagenet", "random"))]
    encoder_lr: Annotated[float, Rule(at_least=0)]
    frozen_blocks: Annotated[int, Rule(at_least=0, at_most=16)]
    dropout: Annotated[float, Rule(at_least=0, below=1)]
    batch_statistics: bool
    hints: bool
    aging: AgingParams


@dataclass(frozen=True)
class TrainParams:
    """The devices, and a recipe for each network."""

    device: str
    devices: Annotated[int, Rule(at_least=1)]
    precision: Annotated[str, Rule(choices=("float32", "bf16"))]
    unet: UNetRecipe
    conv_ae: Recipe
    simple_ae: Recipe

    def recipe(self, model: str) -> Recipe:
        """Return the recipe of the network named ``model``."""
        recipe: Recipe = getattr(self, model)
        return recipe


@dataclass(frozen=True)
class PredictParams:
    """How the test photographs are coloured, and how many panels are drawn."""

    device: str
    batch_size: Annotated[int, Rule(at_least=1)]
    mirror: bool
    saturation: Annotated[float | str, Rule(at_least=0, at_most=10, words=("auto",))]
    saturation_cost: Annotated[float, Rule(at_least=0)]
    scheduler: str
    panels: Annotated[int, Rule(at_least=0)]


@dataclass(frozen=True)
class EvaluateParams:
    """What the evaluation draws."""

    ranked: Annotated[int, Rule(at_least=1)]


@dataclass(frozen=True)
class Params:
    """All of params.yaml."""

    seed: Annotated[int, Rule(at_least=0, below=2**63)]
    dataset: Annotated[str, Rule(choices=("sample", "colorsurvey", "folder", "archive"))]
    model: Annotated[str, Rule(choices=("unet", "conv_ae", "simple_ae"))]
    epochs: Annotated[int, Rule(at_least=1)]
    launcher: str
    fetch: FetchParams
    prepare: PrepareParams
    train: TrainParams
    predict: PredictParams
    evaluate: EvaluateParams


def load_params(path: Path = PARAMS_FILE) -> Params:
    """Read and check ``params.yaml``.

    Raises
    ------
    ParamsError
        If the file is missing or no YAML mapping, or if a key is unknown or missing, or its
        value has the wrong type or lies out of range.
    """
    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except FileNotFoundError:
        raise ParamsError(f"{path} not found: run from the repository's top folder") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, no such date
        message = " ".join(str(error).split())
        raise ParamsError(f"{path} is not valid YAML: {message}") from None
    return _build(Params, content, prefix="")


def changed(block: T, name: str, values: Mapping[str, object]) -> T:
    """Return a block of the parameters with other values, checked as those of the file are.

    Parameters
    ----------
    block : dataclass
        Such as ``params.prepare``.
    name : str
        What it is called in params.yaml.
    values : mapping
        What to change, by the names of the block's parameters.

    Raises
    ------
    ParamsError
        If a value has the wrong type or lies out of range.
    """
    hints = get_type_hints(type(block), include_extras=True)
    checked = {key: _value(value, hints[key], f"{name}.{key}") for key, value in values.items()}
    return replace(block, **checked)  # type: ignore[type-var]


def _build(cls: type[T], content: object, prefix: str) -> T:
    if not isinstance(content, Mapping):
        name = prefix.rstrip(".") or str(PARAMS_FILE)
        raise ParamsError(f"{name} must be a block of 'key: value' lines, got {_shown(content)}")
    hints = get_type_hints(cls, include_extras=True)
    for key in content:
        if key not in hints:
            near = difflib.get_close_matches(str(key), hints, n=1, cutoff=0)
            raise ParamsError(
                f"unknown parameter {prefix}{key}; the nearest known one is {prefix}{near[0]}"
            )
    values = {}
    for key, hint in hints.items():
        if key not in content:
            raise ParamsError(f"parameter {prefix}{key} is missing from {PARAMS_FILE}")
        values[key] = _value(content[key], hint, prefix + key)
    return cls(**values)


def _value(value: object, hint: Any, name: str) -> Any:
    if is_dataclass(hint):
        return _build(hint, value, name + ".")  # type: ignore[arg-type]
    expected, rule = get_args(hint) if get_args(hint) else (hint, Rule())
    if rule.words:
        if isinstance(value, str) and rule.allows(value):
            return value
        expected, _ = get_args(expected)  # float | str
    # Not isinstance: bool is a subclass of int, and `epochs: true` is a mistake.
    fits = type(value) is expected or (expected is float and type(value) is int)
    if not fits or not rule.allows(value):
        wanted = str(rule) if rule.choices else f"{TYPE_NAMES[expected]} {rule}".strip()
        raise ParamsError(f"{name} must be {wanted}, got {_shown(value)}{_hint(value, expected)}")
    return expected(value)


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _hint(value: object, expected: type[Any]) -> str:
    if not isinstance(value, str) or expected not in (int, float):
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    if not math.isfinite(number) or (expected is int and not number.is_integer()):
        return ""
    return f" (a text: YAML wants {Decimal(repr(number)).normalize():f})"
