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


def test_strengths_that_cannot_be_are_put_right(page: Page, tmp_path: Path) -> None:
    for typed, kept in (("7", 2), ("-1", 0), ("", 1), ("0.33", 0.33), ("0.333", 0.33)):
        set_strength(page, "1")
        settle(page)
        set_strength(page, typed)
        settle(page)

        assert strengths(page) == [kept, kept], typed
        _, path = downloaded(page, ".save", tmp_path)
        assert chroma(opened(path)) == pytest.approx(chroma(shown(page)), abs=0.5), typed
        wait_until(lambda: page.locator("#download .save").is_enabled())


def test_slider_follows_keys_and_shows_its_focus(page: Page) -> None:
    page.focus("#strength [type=range]")
    redrawn(page, lambda: page.keyboard.press("ArrowRight"))

    assert strengths(page) == [1.01, 1.01]
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


def test_picked_color_is_let_go_once_it_was_given_to_a_dot(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#picture .spots button")
    redrawn(page, lambda: pick(page, SKY))
    assert page.get_attribute(f"#swatches [data-color='{SKY}']", "aria-pressed") == "true"

    click_at(page, 0.3, 0.5)

    assert page.locator("#swatches [aria-pressed=true]").count() == 0
    pick(page, SKY)
    click_at(page, 0.3, 0.5)
    wait_until(lambda: dots(page) == 2)


def test_dot_is_given_a_color_of_the_photograph_once(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#picture .spots button")
    page.click("#swatches .pipette")
    click_at(page, 0.3, 0.5)
    assert page.get_attribute("#swatches .pipette", "aria-pressed") == "false"

    click_at(page, 0.4, 0.4)

    assert page.locator("#swatches .dot-tools").is_hidden(), "it still takes colours"


def test_trying_other_colors_for_a_dot_is_one_step(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#picture .spots button")
    other = page.locator("#swatches .other input")
    assert other.input_value() == BRICK
    other.evaluate(
        """input => {
            for (const color of ["#102030", "#405060", "#3060c0"]) {
                input.value = color;
                input.dispatchEvent(new Event("input", { bubbles: true }));
            }
            input.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    settle(page)

    page.keyboard.press("Control+z")
    settle(page)

    assert dots(page) == 1
    assert other.input_value() == BRICK


def test_dot_follows_the_mouse_across_the_middle_when_side_by_side(page: Page) -> None:
    page.click("[data-compare=side]")
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.75, 0.5))
    page.click("#picture .spots button")

    drag(page, at(page, 0.75, 0.5), at(page, 0.4, 0.5))

    spot = page.locator("#picture .spots button").bounding_box()
    canvas = page.locator("#picture .after canvas").bounding_box()
    assert spot
    assert canvas
    assert spot["x"] + spot["width"] / 2 == pytest.approx(canvas["x"], abs=2)


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


def test_cross_is_where_one_looks(page: Page) -> None:
    page.mouse.move(*at(page, 0.3, 0.3))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    settle(page)
    pick(page, BRICK)
    page.focus("#picture .frame")

    def is_seen() -> bool:
        cross = page.locator("#picture .cross").bounding_box()
        frame = page.locator("#picture .frame").bounding_box()
        assert cross
        assert frame
        return frame["x"] <= cross["x"] + 14 <= frame["x"] + frame["width"]

    move(page, "ArrowRight")
    assert is_seen()
    move(page, "ArrowRight", 20)
    assert is_seen()
    redrawn(page, lambda: move(page, "Enter"))
    spot = page.locator("#picture .spots button").bounding_box()
    cross = page.locator("#picture .cross").bounding_box()
    assert spot
    assert cross
    assert spot["x"] + spot["width"] / 2 == pytest.approx(cross["x"] + cross["width"] / 2, abs=1)


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


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_phone_does_not_scroll_away_from_what_is_touched(page: Page) -> None:
    choose(page, photograph("b.png"))
    page.locator("#download").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    before = page.evaluate("scrollY")
    assert before > 100

    slider = page.locator("#strength [type=range]")
    slider.evaluate(
        """slider => {
            slider.value = "0.5";
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            slider.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    settle(page)

    assert page.evaluate("scrollY") == before


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_two_fingers_zoom_on_a_phone(page: Page) -> None:
    page.locator("#picture .frame").scroll_into_view_if_needed()
    canvas = page.locator("#picture .after canvas")
    before = canvas.bounding_box()
    hand = page.context.new_cdp_session(page)

    for kind, spread in (("Start", 20), ("Move", 40), ("Move", 80), ("End", 0)):
        x, y = at(page, 0.5, 0.5)
        fingers = [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        hand.send(
            "Input.dispatchTouchEvent",
            {"type": f"touch{kind}", "touchPoints": fingers if spread else []},
        )

    settle(page)
    after = canvas.bounding_box()
    assert before
    assert after
    assert after["width"] > 1.5 * before["width"]
    assert dots(page) == 0
