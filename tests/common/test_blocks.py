from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pytest
from annotated_types import Ge, Le

from colorizer.common.blocks import Block, Chance, ParamsError, Whole, choose, unknown


class Inner(Block):
    share: Chance


class Outer(Block):
    block_name: ClassVar[str] = "outer"

    count: Annotated[Whole, Ge(1)] = 3
    factor: Annotated[float, Ge(0), Le(10)] | Literal["auto"] = "auto"
    inner: Inner | None = None


def error_of(content: object, name: str | None = None) -> str:
    with pytest.raises(ParamsError) as raised:
        Outer.parse(content, name)
    return str(raised.value)


def test_values_are_taken_as_they_are() -> None:
    block = Outer.parse({"count": 2, "factor": 1, "inner": {"share": 0}})

    assert block == Outer(count=2, factor=1.0, inner=Inner(share=0.0))
    assert type(block.factor) is float


def test_what_may_be_none_may_be_left_out_and_what_has_a_default_may_not() -> None:
    assert Outer.parse({"count": 1, "factor": 2.5}).inner is None
    assert error_of({"factor": 2.5}) == "parameter outer.count is missing from params.yaml"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"count": 1, "factor": 1, "inner": {"share": 2}},
            "outer.inner.share must be a number >= 0 and <= 1, got 2",
        ),
        (
            {"count": 1, "factor": 1, "inner": {}},
            "parameter outer.inner.share is missing from params.yaml",
        ),
        (
            {"count": 1, "factor": 1, "inner": {"shar": 1}},
            "unknown parameter outer.inner.shar; the nearest known one is outer.inner.share",
        ),
        (
            {"count": 1, "factor": 1, "inner": 1},
            "outer.inner must be a block of 'key: value' lines, got 1",
        ),
        # What is unknown comes first: the key that is missing is most often that one, misspelt.
        ({"coutn": 1}, "unknown parameter outer.coutn; the nearest known one is outer.count"),
    ],
)
def test_mistake_is_told_by_its_key(content: object, message: str) -> None:
    assert error_of(content) == message


def test_key_that_is_no_text_is_told() -> None:
    assert error_of({7: 1}).startswith(
        "unknown parameter outer.7; the nearest known one is outer."
    )


def test_name_may_be_another_than_that_of_the_class() -> None:
    assert error_of(3, "train.tiny") == "train.tiny must be a block of 'key: value' lines, got 3"


def test_replaced_values_are_checked_and_the_block_stays_as_it_was() -> None:
    block = Outer(count=2)

    assert block.replace(factor=2) == Outer(count=2, factor=2.0)
    with pytest.raises(ParamsError, match=r"^outer\.count must be a whole number >= 1, got 0$"):
        block.replace(count=0)
    with pytest.raises(ParamsError, match=r"^unknown parameter outer\.cuont; .* outer\.count$"):
        block.replace(cuont=1)
    assert block == Outer(count=2)


def test_choice_is_told_with_all_there_are() -> None:
    assert choose("b", ["a", "b"], "letter") == "b"
    with pytest.raises(ParamsError, match=r"^letter must be one of a, b, got 'c'$"):
        choose("c", ["a", "b"], "letter")


def test_key_of_no_block_is_told_with_the_nearest() -> None:
    assert str(unknown("train", "untet", ["unet", "conv_ae"])) == (
        "unknown parameter train.untet; the nearest known one is train.unet"
    )
