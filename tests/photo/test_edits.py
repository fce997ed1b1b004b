from __future__ import annotations

import json
import math
from typing import Any

import pytest
from PIL import Image

from colorizer.photo.edits import MOST_DOTS, parse_dots, parse_edits, parse_place
from tests.photo_helpers import lab_of

DOT = {"x": 0.25, "y": 1, "color": "#a8482F"}


def test_dot_is_a_hint_of_its_color() -> None:
    (hint,) = parse_dots([DOT])

    assert (hint.x, hint.y) == (0.25, 1)
    expected = lab_of(Image.new("RGB", (1, 1), (0xA8, 0x48, 0x2F)))[1:, 0, 0]
    assert hint.ab == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("reach", [None, 0.02, 1])
def test_dot_may_reach_only_so_far(reach: float | None) -> None:
    (hint,) = parse_dots([{**DOT, "reach": reach}])

    assert hint.reach == reach


@pytest.mark.parametrize("reach", [0, -0.1, 1.1, math.nan, math.inf, True, "0.5", [0.5]])
def test_other_reaches_are_refused(reach: Any) -> None:
    with pytest.raises(ValueError, match="must reach more than 0, and 1 at most"):
        parse_dots([{**DOT, "reach": reach}])


def test_place_is_told_by_its_shares() -> None:
    assert parse_place({"x": 0, "y": 0.5}) == (0, 0.5)


@pytest.mark.parametrize("sent", [{}, [], None, {"x": 2, "y": 0}, {"x": 0}, {"x": "0", "y": 0}])
def test_what_is_no_place_to_ask_about_is_refused(sent: Any) -> None:
    with pytest.raises(ValueError, match="not a place in the photograph"):
        parse_place(sent)


def test_edits_keep_the_order_of_dots() -> None:
    edits = parse_edits({"dots": [DOT, {**DOT, "x": 0}], "strength": 0})

    assert [hint.x for hint in edits.hints] == [0.25, 0]
    assert edits.strength == 0


def test_nothing_is_changed_unless_it_is_said() -> None:
    edits = parse_edits({})

    assert (edits.hints, edits.strength) == ((), 1)


@pytest.mark.parametrize("strength", [0, 0.5, 2])
def test_strength_may_be_anything_from_none_to_twice(strength: float) -> None:
    assert parse_edits({"strength": strength}).strength == strength


@pytest.mark.parametrize(
    "strength", [7, -1, 2.01, math.nan, math.inf, -math.inf, 10**400, True, "1", None, [1]]
)
def test_other_strengths_are_refused(strength: Any) -> None:
    with pytest.raises(ValueError, match="must be from 0 to 2"):
        parse_edits({"strength": strength})


@pytest.mark.parametrize("size", [None, 32, 192, 512])
def test_network_may_see_it_larger_or_smaller(size: int | None) -> None:
    assert parse_edits({"size": size}).size == size


@pytest.mark.parametrize("size", [0, 31, 513, 192.0, 10**400, math.nan, True, "192", [192]])
def test_other_sizes_are_refused(size: Any) -> None:
    with pytest.raises(ValueError, match="can look at 32 to 512 pixels"):
        parse_edits({"size": size})


@pytest.mark.parametrize("side", ["x", "y"])
@pytest.mark.parametrize(
    "share", [-0.1, 1.1, math.nan, math.inf, 10**400, True, "0.5", None, [0.5], {}]
)
def test_what_is_no_place_is_refused(side: str, share: Any) -> None:
    with pytest.raises(ValueError, match="not a place in the photograph"):
        parse_dots([{**DOT, side: share}])


@pytest.mark.parametrize(
    "color",
    ["red", "#00000g", "#000", "#0000000", "#000000\n", "#" + "\uff10" * 6, 0, None, ["#000000"]],
)
def test_what_is_no_color_is_refused(color: Any) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        parse_dots([{**DOT, "color": color}])


@pytest.mark.parametrize("dots", [None, {}, "dots", 1, [None], [1], ["dot"], [[0.5, 0.5]], [{}]])
def test_what_is_no_list_of_dots_is_refused(dots: Any) -> None:
    for parse in (parse_dots, lambda sent: parse_edits({"dots": sent})):
        with pytest.raises(ValueError, match=r"not a place|no dots"):
            parse(dots)


@pytest.mark.parametrize("edits", [None, [], "edits", 1])
def test_what_are_no_edits_is_refused(edits: Any) -> None:
    with pytest.raises(ValueError, match="no changes to a photograph"):
        parse_edits(edits)


def test_dots_have_an_end() -> None:
    assert len(parse_dots([DOT] * MOST_DOTS)) == MOST_DOTS
    with pytest.raises(ValueError, match="Only 100 colours"):
        parse_dots([DOT] * (MOST_DOTS + 1))


def test_json_knows_numbers_that_are_none() -> None:
    sent = json.loads('{"dots": [{"x": NaN, "y": Infinity, "color": "#000000"}]}')

    with pytest.raises(ValueError, match="not a place"):
        parse_edits(sent)
