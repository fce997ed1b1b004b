from __future__ import annotations

from dataclasses import replace

import pytest

from colorizer.predictors.onnx_card import VERSION_KEY, OnnxCard

CARD = OnnxCard(
    network="unet",
    size_multiple=32,
    size=128,
    scale=1.5,
    side=192,
    saturation=1.23,
    mirror=True,
    takes_hints=True,
    knows_colors=True,
)


@pytest.mark.parametrize("mirror", [True, False])
@pytest.mark.parametrize("takes_hints", [True, False])
def test_metadata_tell_all_of_it(mirror: bool, takes_hints: bool) -> None:
    card = replace(CARD, mirror=mirror, takes_hints=takes_hints)

    assert OnnxCard.from_metadata({"author": "of another program", **card.to_metadata()}) == card


def test_metadata_are_for_people_as_well() -> None:
    metadata = CARD.to_metadata()

    assert metadata["lightness"] == (
        "(B, 1, H, W) float32, H and W multiples of 32: L of CIELAB (D65), 0 to 100"
    )
    assert metadata["ab"].startswith("(B, 2, H, W) float32: a and b of CIELAB")
    assert "Apache-2.0" in metadata["license"]


def test_tensors_of_hints_are_told_of_where_there_are_such() -> None:
    without = replace(CARD, takes_hints=False, knows_colors=False)

    hinted = replace(CARD, knows_colors=False)

    assert list(CARD.inputs) == ["lightness", "hints", "places"]
    assert list(CARD.outputs) == ["ab", "given", "colors", "likely"]
    assert list(hinted.inputs | hinted.outputs) == ["lightness", "hints", "ab", "given"]
    assert list(without.inputs | without.outputs) == ["lightness", "ab"]
    assert "hints" not in without.to_metadata()


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        (VERSION_KEY, None, "colorizer_version must be 2, got none"),
        (VERSION_KEY, "1", "colorizer_version must be 2, got 1"),
        ("side", None, "side is missing"),
        ("side", "0", "side must be 1 or more, got 0"),
        ("size_multiple", "-4", "size_multiple must be 1 or more, got -4"),
        ("size", "1.5", "invalid literal for int"),
        ("saturation", "much", "could not convert string to float"),
        ("saturation", "nan", "saturation must be a positive number, got nan"),
        ("scale", "inf", "scale must be a positive number, got inf"),
    ],
)
def test_what_is_missing_or_no_such_value_is_told(key: str, value: str | None, error: str) -> None:
    metadata = CARD.to_metadata()
    del metadata[key]
    if value is not None:
        metadata[key] = value

    with pytest.raises(ValueError, match=error):
        OnnxCard.from_metadata(metadata)
