"""Colours and their strength on the page, by mouse, touch and keys, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.photo_helpers import opened
from tests.web.browser_helpers import (
    BRICK,
    NO_COLOR,
    SKY,
    at,
    choose,
    chroma,
    click_at,
    dots,
    downloaded,
    drag,
    focused,
    hue,
    hue_of,
    photograph,
    pick,
    redrawn,
    set_strength,
    settle,
    shown,
    strengths,
    wait_until,
)
from tests.web.conftest import Painter

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def open_photograph(page: Page) -> None:
    choose(page, photograph())


def move(page: Page, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def test_strength_is_redrawn_without_asking_the_network(
    page: Page, painter: Painter, tmp_path: Path
) -> None:
    as_predicted, glances = chroma(shown(page)), painter.glances

    assert chroma(redrawn(page, lambda: set_strength(page, "2"))) > 1.5 * as_predicted
    assert chroma(redrawn(page, lambda: set_strength(page, "0"))) < 1
    assert painter.glances == glances
    _, path = downloaded(page, ".save", tmp_path)
    assert chroma(opened(path)) < 1


def test_strength_is_reset_in_slider_field_picture_and_file(page: Page, tmp_path: Path) -> None:
    at_first = shown(page)
    redrawn(page, lambda: set_strength(page, "0.3"))

    after = redrawn(page, lambda: page.click("#strength .reset"))

    assert strengths(page) == [1, 1]
    assert after.tobytes() == at_first.tobytes()
    _, path = downloaded(page, ".save", tmp_path)
    assert chroma(opened(path)) == pytest.approx(chroma(at_first), abs=0.5)


@pytest.mark.parametrize(("typed", "kept"), [("7", 2), ("-1", 0), ("", 1)])
def test_strengths_that_cannot_be_are_put_right(
    page: Page, tmp_path: Path, typed: str, kept: float
) -> None:
    set_strength(page, typed)
    settle(page)

    assert strengths(page) == [kept, kept]
    _, path = downloaded(page, ".save", tmp_path)
    assert chroma(opened(path)) == pytest.approx(chroma(shown(page)), abs=0.5)


def test_slider_follows_keys_and_shows_its_focus(page: Page) -> None:
    page.focus("#strength [type=range]")
    redrawn(page, lambda: page.keyboard.press("ArrowRight"))

    assert strengths(page) == [1.05, 1.05]
    ring = page.locator("#strength [type=range]").evaluate(
        "slider => getComputedStyle(slider).outlineStyle"
    )
    assert ring == "solid"


def test_color_is_given_to_a_place_and_taken_back(page: Page) -> None:
    at_first = shown(page)
    click_at(page, 0.6, 0.5)
    pick(page, BRICK)
    assert dots(page) == 0, "no colour was picked"

    bricks = redrawn(page, lambda: click_at(page, 0.6, 0.5))
    assert hue(bricks) == pytest.approx(hue_of(BRICK), abs=5)
    pick(page, SKY)
    redrawn(page, lambda: click_at(page, 0.4, 0.4))
    assert dots(page) == 2

    redrawn(page, lambda: page.keyboard.press("Control+z"))
    assert dots(page) == 1
    redrawn(page, lambda: page.keyboard.press("Control+Shift+z"))
    assert dots(page) == 2
    after = redrawn(page, lambda: page.click("#swatches .clear"))
    assert dots(page) == 0
    assert after.tobytes() == at_first.tobytes()
    redrawn(page, lambda: page.click("#swatches .undo"))
    assert dots(page) == 2


def test_no_color_is_a_color_too(page: Page) -> None:
    pick(page, NO_COLOR)

    assert chroma(redrawn(page, lambda: click_at(page, 0.6, 0.5))) < 1


def test_color_is_taken_from_the_photograph(page: Page) -> None:
    picture = shown(page)
    page.click("#swatches .pipette")
    click_at(page, 0.6, 0.5)

    taken = page.input_value("#swatches .other input")
    assert hue_of(taken) == pytest.approx(hue(picture), abs=5)
    click_at(page, 0.6, 0.5)
    wait_until(lambda: dots(page) == 1)


def test_dot_is_moved_recolored_and_deleted(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    spot = page.locator("#picture .spots button")

    drag(page, at(page, 0.6, 0.5), at(page, 0.4, 0.6))
    settle(page)
    box = spot.bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert middle == pytest.approx(at(page, 0.4, 0.6), abs=2)
    page.keyboard.press("Control+z")
    box = spot.bounding_box()
    assert box
    assert box["x"] + box["width"] / 2 == pytest.approx(at(page, 0.6, 0.5)[0], abs=2)

    spot.click()
    sky = redrawn(page, lambda: pick(page, SKY))
    assert hue(sky) == pytest.approx(hue_of(SKY), abs=5)
    redrawn(page, lambda: page.click("#swatches .remove-dot"))
    assert dots(page) == 0


def test_all_is_done_by_keys(page: Page) -> None:
    page.focus(f"#swatches [data-color='{BRICK}']")
    move(page, "Enter")
    page.focus("#picture .frame")
    move(page, "ArrowRight", 6)
    redrawn(page, lambda: move(page, "Enter"))
    pick(page, SKY)
    page.focus("#picture .frame")
    redrawn(page, lambda: move(page, "Enter"))
    assert dots(page) == 2

    first = page.locator("#picture .spots button >> nth=0")
    before = first.bounding_box()
    first.focus()
    move(page, "ArrowDown", 3)
    after = first.bounding_box()
    assert before
    assert after
    assert after["y"] > before["y"]
    move(page, "Delete")
    wait_until(lambda: dots(page) == 1)
    assert focused(page).startswith("button")
    move(page, "Delete")
    wait_until(lambda: dots(page) == 0)
    assert focused(page).startswith("div.frame")


def test_escape_lets_go_of_color_and_dot(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#picture .spots button")
    assert page.locator("#swatches .dot-tools").is_visible()

    page.keyboard.press("Escape")

    assert page.locator("#swatches .dot-tools").is_hidden()
    assert page.locator("#swatches [aria-pressed=true]").count() == 0
    click_at(page, 0.4, 0.5)
    assert dots(page) == 1


def test_dots_can_be_hidden(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))

    page.uncheck("#picture .dots-shown")

    assert page.locator("#picture .spots button").is_hidden()


def test_strength_and_dots_are_handed_on_to_others(page: Page) -> None:
    choose(page, photograph("b.png"))
    page.keyboard.press("ArrowLeft")
    redrawn(page, lambda: set_strength(page, "0.5"))
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))

    page.click("#strength .for-all")
    page.click("#swatches .copy")
    settle(page)

    assert page.inner_text("#picture .caption").startswith("b.png")
    assert (dots(page), strengths(page)) == (1, [0.5, 0.5])
    thumbnail = page.locator("#strip canvas >> nth=1").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(10, 10, 1, 1).data].slice(0, 3)"
    )
    assert np.ptp(thumbnail) > 10, "the thumbnail is grey"


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_taps_give_colors_on_a_phone(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.tap(f"#swatches [data-color='{BRICK}']")
    page.locator("#picture .frame").scroll_into_view_if_needed()

    redrawn(page, lambda: page.touchscreen.tap(*at(page, 0.4, 0.5)))

    assert dots(page) == 1
