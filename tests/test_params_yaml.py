"""``params.yaml`` as shipped, and what every stage together make of mistakes in it."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer.common.blocks import ParamsError
from colorizer.common.params import load_params
from colorizer.fetch.params import FetchParams
from colorizer.inference.params import PredictParams
from colorizer.networks.registry import NETWORKS
from colorizer.prepare.params import PrepareParams
from colorizer.training.params import parse_train
from stages.evaluate import EvaluateParams
from tests.conftest import PARAMS_FILE

SHIPPED: dict[str, Any] = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
TEXTS = (
    "dataset",
    "model",
    "launcher",
    "fetch.folder",
    "fetch.sha256",
    "prepare.crop",
    "prepare.scheduler",
    "prepare.workspace",
    "train.precision",
    "train.unet.loss",
    "predict.scheduler",
)
BOOLEANS = ("train.unet.flip", "train.unet.hints", "predict.mirror")
# What may be written, and what lies just outside.
WHOLE_NUMBERS = {
    "seed": (st.integers(0, 2**63 - 1), st.integers(max_value=-1) | st.integers(2**63)),
    "epochs": (st.integers(1, 10**6), st.integers(max_value=0)),
    "prepare.size": (
        st.integers(16, 4096),
        st.integers(max_value=15) | st.integers(min_value=4097),
    ),
    "prepare.min_side": (st.integers(1, 10**6), st.integers(max_value=0)),
    "prepare.duplicate_distance": (
        st.integers(0, 16),
        st.integers(max_value=-1) | st.integers(min_value=17),
    ),
    "prepare.limit": (st.integers(0, 10**6), st.integers(max_value=-1)),
    "train.devices": (st.integers(1, 10**6), st.integers(max_value=0)),
    "train.unet.frozen_blocks": (
        st.integers(0, 16),
        st.integers(max_value=-1) | st.integers(min_value=17),
    ),
    "train.conv_ae.batch_size": (st.integers(1, 10**6), st.integers(max_value=0)),
    "predict.panels": (st.integers(0, 10**6), st.integers(max_value=-1)),
    "evaluate.ranked": (st.integers(1, 10**6), st.integers(max_value=0)),
}
NUMBERS = {
    "fetch.max_unpacked_gb": (st.floats(0, 1e300, exclude_min=True), st.floats(max_value=0)),
    "fetch.max_expansion": (st.floats(1, 1e300), st.floats(max_value=1, exclude_max=True)),
    "prepare.max_megapixels": (
        st.floats(0, 1e300, exclude_min=True),
        st.floats(max_value=0),
    ),
    "prepare.min_chroma": (st.floats(0, 1e300), st.floats(max_value=0, exclude_max=True)),
    "prepare.duplicate_similarity": (
        st.floats(0, 1, exclude_min=True),
        st.floats(max_value=0) | st.floats(min_value=1, exclude_min=True),
    ),
    "prepare.val": (
        st.floats(0, 0.5, exclude_min=True),
        st.floats(max_value=0) | st.floats(min_value=1),
    ),
    "train.unet.lr": (st.floats(0, 1e300, exclude_min=True), st.floats(max_value=0)),
    "train.unet.min_crop": (
        st.floats(0, 1, exclude_min=True),
        st.floats(max_value=0) | st.floats(min_value=1, exclude_min=True),
    ),
    "train.unet.dropout": (
        st.floats(0, 1, exclude_max=True),
        st.floats(max_value=0, exclude_max=True) | st.floats(min_value=1),
    ),
    "train.simple_ae.gamma": (
        st.floats(0, 2),
        st.floats(max_value=0, exclude_max=True) | st.floats(min_value=2, exclude_min=True),
    ),
    "train.conv_ae.scale": (
        st.floats(0.25, 4),
        st.floats(max_value=0.25, exclude_max=True) | st.floats(min_value=4, exclude_min=True),
    ),
    "predict.saturation": (
        st.floats(0, 10),
        st.floats(max_value=0, exclude_max=True) | st.floats(min_value=10, exclude_min=True),
    ),
    "predict.saturation_cost": (st.floats(0, 1e300), st.floats(max_value=0, exclude_max=True)),
}
NOT_FINITE = st.sampled_from([math.nan, math.inf, -math.inf])
NO_SCALAR = st.none() | st.lists(st.integers(), max_size=2) | st.just({"a": 1})


def write(path: Path, key: str, value: object) -> Path:
    """Write the shipped parameters with one of them changed."""
    content, block, last = shipped_content(key)
    block[last] = value
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def shipped_content(key: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return the shipped parameters, the block in them that holds ``key``, and its name there."""
    content = copy.deepcopy(SHIPPED)
    *blocks, last = key.split(".")
    block = content
    for name in blocks:
        block = block[name]
    return content, block, last


def load_all(path: Path) -> dict[str, Any]:
    """Return all parameters as the stages read them, by their keys in ``params.yaml``."""
    params = load_params(path)
    where, _ = parse_train(params.train, params.model)
    return {
        **dict(params),
        "fetch": FetchParams.parse(params.fetch),
        "prepare": PrepareParams.parse(params.prepare),
        "train": SimpleNamespace(
            **dict(where),
            **{name: parse_train(params.train, name)[1] for name in NETWORKS},
        ),
        "predict": PredictParams.parse(params.predict),
        "evaluate": EvaluateParams.parse(params.evaluate),
    }


def read(params: dict[str, Any], key: str) -> Any:
    top, *names = key.split(".")
    value: Any = params[top]
    for name in names:
        value = getattr(value, name)
    return value


def error_of(path: Path) -> str:
    with pytest.raises(ParamsError) as raised:
        load_all(path)
    return str(raised.value)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("params") / "params.yaml"


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return load_all(PARAMS_FILE)


def test_shipped_file_says_what_commands_do_without_one(shipped: dict[str, Any]) -> None:
    assert shipped["prepare"] == PrepareParams()
    assert shipped["predict"] == PredictParams()


def test_shipped_pipeline_stays_on_this_machine(shipped: dict[str, Any]) -> None:
    assert shipped["prepare"].scheduler == shipped["prepare"].workspace == ""
    assert shipped["predict"].scheduler == ""


@pytest.mark.parametrize("key", ["prepare.scheduler", "prepare.workspace", "predict.scheduler"])
def test_address_is_taken_as_it_is(file: Path, key: str) -> None:
    address = "tcp://10.0.0.1:8786"

    assert read(load_all(write(file, key, address)), key) == address


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_a_recipe_of_its_type(shipped: dict[str, Any], name: str) -> None:
    assert type(getattr(shipped["train"], name)) is NETWORKS[name].recipe_type


def test_whole_number_is_taken_for_a_number(file: Path) -> None:
    megapixels = read(
        load_all(write(file, "prepare.max_megapixels", 100)), "prepare.max_megapixels"
    )

    assert (megapixels, type(megapixels)) == (100.0, float)


def test_word_may_stand_for_a_number(file: Path) -> None:
    params = load_all(write(file, "predict.saturation", "auto"))

    assert read(params, "predict.saturation") == "auto"


@pytest.mark.parametrize("value", [0, 1, 1.25])
def test_number_may_stand_for_the_word(file: Path, value: float) -> None:
    saturation = read(load_all(write(file, "predict.saturation", value)), "predict.saturation")

    assert (saturation, type(saturation)) == (value, float)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("epoch", 3, "unknown parameter epoch; the nearest known one is epochs"),
        (
            "train.unet.weight_decai",
            0.1,
            "unknown parameter train.unet.weight_decai; "
            "the nearest known one is train.unet.weight_decay",
        ),
        (
            "predict.Device",
            "cpu",
            "unknown parameter predict.Device; the nearest known one is predict.device",
        ),
        (
            "train.unet.lr",
            "1e-3",
            "train.unet.lr must be a number > 0, got '1e-3' (text: YAML wants 0.001)",
        ),
        (
            "train.unet.lr",
            "1e-20",
            "train.unet.lr must be a number > 0, got '1e-20' "
            "(text: YAML wants 0.00000000000000000001)",
        ),
        (
            "epochs",
            "1e2",
            "epochs must be a whole number >= 1, got '1e2' (text: YAML wants 100)",
        ),
        ("epochs", "0.5", "epochs must be a whole number >= 1, got '0.5'"),
        ("epochs", "many", "epochs must be a whole number >= 1, got 'many'"),
        ("epochs", "nan", "epochs must be a whole number >= 1, got 'nan'"),
        ("epochs", True, "epochs must be a whole number >= 1, got True"),
        ("epochs", 1.0, "epochs must be a whole number >= 1, got 1.0"),
        ("epochs", None, "epochs must be a whole number >= 1, got nothing"),
        ("prepare.size", 15, "prepare.size must be a whole number >= 16 and <= 4096, got 15"),
        (
            "prepare.duplicate_distance",
            64,
            "prepare.duplicate_distance must be a whole number >= 0 and <= 16, got 64",
        ),
        ("fetch.max_unpacked_gb", 0, "fetch.max_unpacked_gb must be a number > 0, got 0"),
        ("fetch.max_expansion", 0, "fetch.max_expansion must be a number >= 1, got 0"),
        ("prepare.scheduler", None, "prepare.scheduler must be text, got nothing"),
        ("prepare.val", 1.5, "prepare.val must be a number > 0 and < 1, got 1.5"),
        (
            "prepare.min_chroma",
            math.inf,
            "prepare.min_chroma must be a number >= 0, got inf",
        ),
        ("train.unet.lr", math.nan, "train.unet.lr must be a number > 0, got nan"),
        ("train.unet.flip", 1, "train.unet.flip must be true or false, got 1"),
        ("fetch.folder", 7, "fetch.folder must be text, got 7"),
        ("model", None, "model must be text, got nothing"),
        ("model", "gan", "model must be one of unet, conv_ae, simple_ae, got 'gan'"),
        (
            "predict.saturation",
            "Auto",
            "predict.saturation must be a number >= 0 and <= 10 or auto, got 'Auto'",
        ),
        (
            "predict.saturation",
            "1.5",
            "predict.saturation must be a number >= 0 and <= 10 or auto, got '1.5' "
            "(text: YAML wants 1.5)",
        ),
        (
            "predict.saturation",
            True,
            "predict.saturation must be a number >= 0 and <= 10 or auto, got True",
        ),
        (
            "predict.saturation",
            None,
            "predict.saturation must be a number >= 0 and <= 10 or auto, got nothing",
        ),
        (
            "predict.saturation_cost",
            "auto",
            "predict.saturation_cost must be a number >= 0, got 'auto'",
        ),
        ("train.precision", "fp16", "train.precision must be one of float32, bf16, got 'fp16'"),
        ("fetch", "data", "fetch must be a block of 'key: value' lines, got 'data'"),
        ("train.unet", None, "train.unet must be a block of 'key: value' lines, got nothing"),
        ("evaluate", [1], "evaluate must be a block of 'key: value' lines, got [1]"),
    ],
)
def test_message_of_a_mistake(file: Path, key: str, value: object, message: str) -> None:
    assert error_of(write(file, key, value)) == message


@pytest.mark.parametrize("key", ["seed", "fetch", "prepare.size", "train.conv_ae.lr"])
def test_missing_key_is_named(tmp_path: Path, key: str) -> None:
    content, block, last = shipped_content(key)
    del block[last]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")

    assert error_of(path) == f"parameter {key} is missing from params.yaml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"seed: [1", "is not valid YAML: while parsing a flow sequence"),
        (b"seed: 1\n\tepochs: 2", "line 2, column 1"),
        (b"seed: \xff\xfe\xfa", "is not valid YAML: 'utf-8' codec can't decode"),
        (b"seed: 2020-99-99", "is not valid YAML: month must be in 1..12"),
        (b"", "params.yaml must be a block of 'key: value' lines, got nothing"),
        (b"- seed", "params.yaml must be a block of 'key: value' lines, got ['seed']"),
    ],
)
def test_broken_file_is_told_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)

    error = error_of(path)

    assert message in error
    assert "\n" not in error


def test_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"

    assert error_of(path) == f"{path} not found: run from the repository's top folder"


@pytest.mark.parametrize(("val", "test"), [(0.5, 0.5), (0.9, 0.1), (0.3, 0.9)])
def test_val_and_test_must_leave_some_to_train_on(file: Path, val: float, test: float) -> None:
    write(file, "prepare", SHIPPED["prepare"] | {"val": val, "test": test})

    assert error_of(file) == (
        "prepare.val + prepare.test must be < 1, to leave photographs to train on, "
        f"got {val:g} + {test:g}"
    )


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_number_in_range_is_taken_as_it_is(file: Path, data: st.DataObject) -> None:
    ranges = WHOLE_NUMBERS | NUMBERS
    key = data.draw(st.sampled_from(sorted(ranges)))
    value = data.draw(ranges[key][0])

    assert read(load_all(write(file, key, value)), key) == value


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_number_out_of_range_is_refused_by_name(file: Path, data: st.DataObject) -> None:
    ranges = WHOLE_NUMBERS | NUMBERS
    key = data.draw(st.sampled_from(sorted(ranges)))
    wrong = ranges[key][1] if key in WHOLE_NUMBERS else ranges[key][1] | NOT_FINITE
    value = data.draw(wrong)

    assert error_of(write(file, key, value)).startswith(f"{key} must be ")


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_value_of_another_type_is_refused_by_name(file: Path, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from([*TEXTS, *BOOLEANS, *WHOLE_NUMBERS, *NUMBERS]))
    kinds = {"text": st.text(), "bool": st.booleans(), "int": st.integers(), "float": st.floats()}
    right = (
        {"text"}
        if key in TEXTS
        else {"bool"}
        if key in BOOLEANS
        else {"int"}
        if key in WHOLE_NUMBERS
        else {"int", "float"}
    )
    value = data.draw(st.one_of([NO_SCALAR, *(kinds[kind] for kind in kinds.keys() - right)]))

    assert error_of(write(file, key, value)).startswith(f"{key} must be ")


@pytest.mark.parametrize("key", ["epochs", "train.unet.lr"])
def test_whole_number_beyond_every_float_is_refused(file: Path, key: str) -> None:
    assert error_of(write(file, key, 10**400)).startswith(f"{key} must be ")
