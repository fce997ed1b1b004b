"""What the network thinks likely, to choose from on the page, and how far a colour reaches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.photo_helpers import lab_of, opened
from tests.web.browser_helpers import (
    BRICK,
    choose,
    chroma,
    click_at,
    dots,
    downloaded,
    file,
    hue,
    hue_of,
    photograph,
    pick,
    picture_of,
    redrawn,
    set_strength,
    settle,
    shown,
    wait_until,
)
from tests.web.conftest import Painter

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 300, 200  # of the photograph
PLACE = (0.65, 0.5)  # of the frame: beside the line, which lies over the middle


@pytest.fixture(autouse=True)
def open_photograph(page: Page) -> None:
    choose(page, photograph())


def ask(page: Page) -> None:
    """Ask for the likely colours of a place."""
    page.click("#swatches .ask")
    redrawn(page, lambda: click_at(page, *PLACE))
    page.wait_for_selector("#swatches .likely:not([hidden]) button")


def likely(page: Page) -> list[str]:
    buttons = page.locator("#swatches .likely button")
    return [str(one.get_attribute("data-color")) for one in buttons.all()]


def rgb(color: str) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(color.removeprefix("#")))


def propose(page: Page) -> None:
    page.click("#variants .propose")
    page.wait_for_selector("#variants li:nth-child(4)")
    page.wait_for_selector("#variants .propose[aria-disabled=false]")


def marked(page: Page) -> list[bool]:
    buttons = page.locator("#variants li button").all()
    return [one.get_attribute("aria-pressed") == "true" for one in buttons]


def colouring(page: Page, number: int) -> Image.Image:
    return picture_of(page.locator(f"#variants li:nth-child({number}) canvas"))


def near_and_far(image: Image.Image) -> tuple[float, float]:
    """Return a at the place and at the left edge."""
    a = lab_of(image.resize((WIDTH, HEIGHT)))[1]
    return float(a[90:110, 205:235].mean()), float(a[:, :20].mean())


def reach(page: Page, per_cent: int) -> Image.Image:
    return redrawn(page, lambda: page.locator("#swatches .reach").fill(str(per_cent)))


def test_a_place_gets_its_likeliest_colour_and_shows_the_others(page: Page) -> None:
    ask(page)

    first, *others = likely(page)
    assert len({first, *others}) == 5
    assert dots(page) == 1
    assert hue(shown(page)) == pytest.approx(hue_of(first), abs=4)
    pressed = page.locator("#swatches .likely [aria-pressed=true]")
    assert pressed.get_attribute("data-color") == first


def test_another_likely_colour_is_one_click_and_one_step_away(page: Page) -> None:
    ask(page)
    first, second, *_ = likely(page)

    after = redrawn(page, lambda: page.click("#swatches .likely button:nth-child(2)"))

    assert hue(after) == pytest.approx(hue_of(second), abs=4)
    # What is shown of the colours, and of the dot's own.
    looks = page.locator("#swatches .dot-tools .dot").evaluate_all(
        "dots => dots.map((dot) => dot.style.background)"
    )
    assert looks == [rgb(color) for color in (*likely(page), second)]
    assert dots(page) == 1
    before = redrawn(page, lambda: page.keyboard.press("Control+z"))
    assert hue(before) == pytest.approx(hue_of(first), abs=4)


def test_any_selected_dot_shows_what_is_likely_there(page: Page) -> None:
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, *PLACE))
    assert not page.locator("#swatches .likely").is_visible()

    page.click("#picture .spots button")

    page.wait_for_selector("#swatches .likely:not([hidden]) button")
    assert len(likely(page)) == 5


def test_asking_is_let_go_by_escape(page: Page) -> None:
    page.click("#swatches .ask")
    page.keyboard.press("Escape")
    click_at(page, *PLACE)

    assert page.get_attribute("#swatches .ask", "aria-pressed") == "false"
    assert dots(page) == 0


def test_keys_alone_ask_too(page: Page) -> None:
    page.keyboard.press("s")
    assert page.get_attribute("#swatches .ask", "aria-pressed") == "true"
    redrawn(page, lambda: page.keyboard.press("Enter"))

    assert dots(page) == 1
    assert page.locator("#picture .spots button:focus").count() == 1


def test_colour_reaches_as_far_as_it_is_told(page: Page, tmp_path: Path) -> None:
    own_near, own_far = near_and_far(shown(page))
    pick(page, BRICK)
    everywhere = redrawn(page, lambda: click_at(page, *PLACE))
    near, far = near_and_far(everywhere)
    assert near > own_near + 5
    assert far > own_far + 5
    page.click("#picture .spots button")

    limited = reach(page, 30)

    near, far = near_and_far(limited)
    assert near > own_near + 5
    assert far == pytest.approx(own_far, abs=0.5)
    assert page.locator("#picture .circle").is_visible()
    _, path = downloaded(page, ".save", tmp_path)
    assert near_and_far(opened(path)) == pytest.approx((near, far), abs=1)
    wide = reach(page, 101)
    assert wide.tobytes() == everywhere.tobytes()
    assert not page.locator("#picture .circle").is_visible()


def test_reach_is_a_step_and_part_of_the_project(page: Page, tmp_path: Path) -> None:
    pick(page, BRICK)
    everywhere = redrawn(page, lambda: click_at(page, *PLACE))
    page.click("#picture .spots button")
    limited = reach(page, 30)

    undone = redrawn(page, lambda: page.click("#swatches .undo"))
    again = redrawn(page, lambda: page.click("#swatches .redo"))

    assert undone.tobytes() == everywhere.tobytes()
    assert again.tobytes() == limited.tobytes()
    page.click("#download summary")
    _, path = downloaded(page, ".project", tmp_path)
    (saved,) = json.loads(path.read_text())["photographs"]
    assert saved["dots"][0]["reach"] == 0.3
    page.click("#swatches .clear")
    settle(page)
    opened_again = redrawn(page, lambda: choose(page, file("a.json", path.read_bytes())))
    assert opened_again.tobytes() == limited.tobytes()


def test_other_colourings_are_shown_and_chosen(page: Page) -> None:
    plain = shown(page)

    propose(page)

    assert marked(page) == [True, False, False, False]
    second = redrawn(page, lambda: page.click("#variants li:nth-child(2) button"))
    third = redrawn(page, lambda: page.click("#variants li:nth-child(3) button"))
    assert marked(page) == [False, False, True, False]
    assert dots(page) == 1
    assert np.abs(lab_of(second)[1:] - lab_of(third)[1:]).mean() > 5
    first = redrawn(page, lambda: page.click("#variants li:nth-child(1) button"))
    assert first.tobytes() == plain.tobytes()
    assert dots(page) == 0


def test_chosen_colouring_is_a_step_and_its_dots_can_be_changed(page: Page) -> None:
    plain = shown(page)
    propose(page)
    redrawn(page, lambda: page.click("#variants li:nth-child(2) button"))

    undone = redrawn(page, lambda: page.keyboard.press("Control+z"))

    assert undone.tobytes() == plain.tobytes()
    assert marked(page)[0]
    redrawn(page, lambda: page.keyboard.press("Control+y"))
    page.click("#picture .spots button")
    after = redrawn(page, lambda: pick(page, BRICK))
    assert hue(after) == pytest.approx(hue_of(BRICK), abs=4)
    assert marked(page) == [False] * 4
    second = redrawn(page, lambda: page.click("#variants li:nth-child(3) button"))
    assert hue(second) != pytest.approx(hue_of(BRICK), abs=4)
    page.click("#variants .propose")
    assert page.locator("#variants li").count() == 0  # they are hidden again


def test_where_nothing_is_in_doubt_it_is_said(page: Page) -> None:
    pick(page, BRICK)  # which this network gives to all of the photograph
    redrawn(page, lambda: click_at(page, *PLACE))

    page.click("#variants .propose")

    page.get_by_text("in no doubt about this photograph").wait_for()
    assert page.locator("#variants li").count() == 0


def test_colourings_are_as_strong_as_the_photograph(page: Page) -> None:
    propose(page)
    vivid = colouring(page, 1)

    set_strength(page, "0.2")

    wait_until(lambda: chroma(colouring(page, 1)) < chroma(vivid) / 2)
    assert marked(page) == [True, False, False, False]


def test_colourings_at_another_size_are_no_longer_those_shown(page: Page) -> None:
    propose(page)
    page.click("#download summary")

    page.select_option("#download .size", "256")

    wait_until(lambda: page.locator("#variants li").count() == 0)


def test_colourings_of_one_photograph_are_not_those_of_another(page: Page) -> None:
    propose(page)

    choose(page, photograph("other.png", 200, 300))

    wait_until(lambda: page.locator("#variants li").count() == 0)
    assert chroma(shown(page)) > 1


def test_network_sees_the_photograph_as_large_as_it_is_told(
    page: Page, painter: Painter, tmp_path: Path
) -> None:
    before = painter.glances
    page.click("#download summary")

    page.select_option("#download .size", "256")
    wait_until(lambda: painter.glances > before)
    settle(page)

    page.click("#swatches .undo")
    assert page.input_value("#download .size") == ""
    page.click("#swatches .redo")
    assert page.input_value("#download .size") == "256"
    _, path = downloaded(page, ".project", tmp_path)
    assert json.loads(path.read_text())["photographs"][0]["size"] == 256
