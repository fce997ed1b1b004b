"""How the page looks and how photographs are looked at, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import REPOSITORY
from tests.web.browser_helpers import (
    BRICK,
    at,
    choose,
    chroma,
    click_at,
    dots,
    drag,
    file,
    photograph,
    pick,
    redrawn,
    settle,
    shown,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
# The policy of the page forbids to run what tests bring.
SCHEMES = [{"color_scheme": scheme, "bypass_csp": True} for scheme in ("light", "dark")]
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="needs: npm ci --ignore-scripts")


def complaints(page: Page) -> list[Any]:
    """Return what axe-core finds wrong with the page as it is."""
    found: list[Any] = page.evaluate(
        """async () => (await axe.run()).violations.map(
            ({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])"""
    )
    return found


@needs_axe
@pytest.mark.parametrize("page", SCHEMES, indirect=True)
def test_page_is_accessible(page: Page) -> None:
    page.add_script_tag(path=AXE)
    assert complaints(page) == []

    choose(page, photograph("a.png"), photograph("b.png"), file("notes.jpg", b"none"))
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#picture .spots button")
    page.click("#download summary")
    assert complaints(page) == []

    page.click("#problems .dismiss")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert complaints(page) == []


@pytest.mark.parametrize(
    ("page", "is_dark"),
    [({"color_scheme": "light"}, False), ({"color_scheme": "dark"}, True)],
    indirect=["page"],
)
def test_page_is_light_or_dark_as_the_visitor_likes(page: Page, is_dark: bool) -> None:
    color = page.evaluate("getComputedStyle(document.body).color")

    red = int(color.split("(")[1].split(",")[0])
    assert (red > 128) is is_dark


@pytest.mark.parametrize("page", [{"viewport": {"width": 1280, "height": 720}}], indirect=True)
def test_tall_photographs_fit_the_window(page: Page) -> None:
    choose(page, photograph("tall.png", 200, 800))

    for part in ("#picture .frame", "#download .save"):
        box = page.locator(part).bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
    canvas = page.locator("#picture .after canvas").bounding_box()
    frame = page.locator("#picture .frame").bounding_box()
    assert canvas
    assert frame
    assert canvas["height"] <= frame["height"] + 1


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_on_a_phone_the_photograph_stays_in_sight_of_what_changes_it(page: Page) -> None:
    choose(page, photograph("tall.png", 200, 800))

    for width, height in ((390, 844), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        page.locator("#download summary").scroll_into_view_if_needed()

        frame = page.locator("#picture .frame").bounding_box()
        save = page.locator("#download .save").bounding_box()
        assert frame
        assert save
        for box in (frame, save):
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height
        below, beside = frame["y"] + frame["height"], frame["x"] + frame["width"]
        assert save["y"] >= below or save["x"] >= beside


def test_nothing_jumps_while_a_photograph_is_opened(page: Page) -> None:
    choose(page, photograph("a.png"))
    frame = page.locator("#picture .frame").bounding_box()

    page.set_input_files("#chooser input", [photograph("b.png")])
    page.wait_for_selector("#status:not(:empty)", state="attached")
    assert page.locator("#picture .frame").bounding_box() == pytest.approx(frame, abs=1)
    settle(page)
    assert page.locator("#picture .frame").bounding_box() == pytest.approx(frame, abs=1)


def test_nothing_jumps_when_a_dot_is_selected(page: Page) -> None:
    choose(page, photograph())
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.4))
    before = page.locator("#download .save").bounding_box()

    page.click("#picture .spots button")

    assert page.locator("#swatches .dot-tools").is_visible()
    assert page.locator("#download .save").bounding_box() == before


def test_line_follows_the_mouse_and_the_keys(page: Page) -> None:
    choose(page, photograph())
    line = page.locator("#picture .line")
    assert line.get_attribute("aria-valuenow") == "50"

    drag(page, at(page, 0.5, 0.3), at(page, 0.25, 0.3))
    assert line.get_attribute("aria-valuenow") == "25"
    line.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "30"


def test_before_and_after_are_compared_in_three_ways(page: Page) -> None:
    choose(page, photograph())
    before, after = (page.locator(f"#picture .pane.{name}") for name in ("before", "after"))

    page.click("[data-compare=side]")
    boxes = [pane.bounding_box() for pane in (before, after)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] + boxes[0]["width"] == pytest.approx(boxes[1]["x"], abs=1)
    page.click("[data-compare=after]")
    assert before.is_hidden()
    page.keyboard.down("o")
    assert before.is_visible()
    assert after.is_hidden()
    page.keyboard.up("o")
    assert after.is_visible()


def test_dots_stay_on_their_places_however_closely_one_looks(page: Page) -> None:
    choose(page, photograph())
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.4))
    page.keyboard.press("Escape")

    def place() -> list[float]:
        """Return where the dot is, in shares of the photograph."""
        spot = page.locator("#picture .spots button").bounding_box()
        canvas = page.locator("#picture .after canvas").bounding_box()
        assert spot
        assert canvas
        return [
            (spot["x"] + spot["width"] / 2 - canvas["x"]) / canvas["width"],
            (spot["y"] + spot["height"] / 2 - canvas["y"]) / canvas["height"],
        ]

    at_first = place()
    width = page.locator("#picture .after canvas").bounding_box()
    assert width
    page.click("#picture .larger")
    page.mouse.move(*at(page, 0.3, 0.3))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    settle(page)
    larger = page.locator("#picture .after canvas").bounding_box()
    assert larger
    assert larger["width"] > 2 * width["width"]
    assert place() == pytest.approx(at_first, abs=0.01)

    drag(page, at(page, 0.3, 0.3), at(page, 0.4, 0.35))
    moved = page.locator("#picture .after canvas").bounding_box()
    assert moved
    assert moved["x"] > larger["x"]
    assert place() == pytest.approx(at_first, abs=0.01)
    page.click("#picture .larger", click_count=3)
    drag(page, at(page, 0.1, 0.3), at(page, 0.9, 0.3))
    frame = page.locator("#picture .frame").bounding_box()
    spot = page.locator("#picture .spots button")
    hidden = spot.bounding_box()
    assert frame
    assert hidden
    assert hidden["x"] > frame["x"] + frame["width"]
    page.focus("#picture .frame")
    page.keyboard.press("Tab")
    seen = spot.bounding_box()
    assert seen
    assert frame["x"] < seen["x"] < frame["x"] + frame["width"]
    assert place() == pytest.approx(at_first, abs=0.01), "the browser scrolled the dots alone"
    page.keyboard.press("0")
    assert page.locator("#picture .after canvas").bounding_box() == pytest.approx(width, abs=1)
    assert dots(page) == 1


def test_double_click_looks_closely_and_back(page: Page) -> None:
    choose(page, photograph())
    canvas = page.locator("#picture .after canvas")
    whole = canvas.bounding_box()
    assert whole

    page.mouse.dblclick(*at(page, 0.4, 0.4))
    larger = canvas.bounding_box()
    assert larger
    assert larger["width"] > 2 * whole["width"]
    page.focus("#picture .frame")
    page.keyboard.press("ArrowRight")
    moved = canvas.bounding_box()
    assert moved
    assert moved["x"] < larger["x"]
    page.mouse.dblclick(*at(page, 0.4, 0.4))
    assert canvas.bounding_box() == pytest.approx(whole, abs=1)


@pytest.mark.parametrize(
    "page", [{"viewport": {"width": 390, "height": 844}, "has_touch": True}], indirect=True
)
def test_two_fingers_look_closely(page: Page) -> None:
    choose(page, photograph())
    canvas = page.locator("#picture .after canvas")
    whole = canvas.bounding_box()
    assert whole
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", at(page, 0.45, 0.5), at(page, 0.55, 0.5))
    for half in (0.1, 0.15, 0.2):
        touch("touchMove", at(page, 0.5 - half, 0.5), at(page, 0.5 + half, 0.5))
    touch("touchEnd")
    settle(page)

    larger = canvas.bounding_box()
    assert larger
    assert larger["width"] == pytest.approx(4 * whole["width"], rel=0.05)
    middles = [box["x"] + box["width"] / 2 for box in (larger, whole)]
    assert middles[0] == pytest.approx(middles[1], abs=3)


def test_double_click_on_a_dot_does_not_zoom(page: Page) -> None:
    choose(page, photograph())
    canvas = page.locator("#picture .after canvas")
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.4))
    page.keyboard.press("Escape")
    whole = canvas.bounding_box()

    page.dblclick("#picture .spots button")

    assert canvas.bounding_box() == pytest.approx(whole, abs=1)


def test_original_is_shown_while_the_button_is_held(page: Page) -> None:
    choose(page, photograph())
    after = page.locator("#picture .pane.after")

    page.hover("#picture .hold")
    page.mouse.down()
    assert after.is_hidden()
    page.mouse.up()
    assert after.is_visible()


def test_line_stays_while_another_comparison_is_used(page: Page) -> None:
    choose(page, photograph())
    page.click("[data-compare=after]")
    drag(page, at(page, 0.5, 0.3), at(page, 0.25, 0.3))
    page.click("[data-compare=line]")

    assert page.get_attribute("#picture .line", "aria-valuenow") == "50"


def test_full_screen_shows_the_photograph(page: Page) -> None:
    choose(page, photograph())
    page.keyboard.press("f")
    page.wait_for_selector("#picture:fullscreen")
    settle(page)

    assert chroma(shown(page)) > 10
    page.keyboard.press("f")
    page.wait_for_selector("#picture:not(:fullscreen)")
