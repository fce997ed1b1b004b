"""Where the focus goes and what keys do, wherever it is, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.browser_helpers import (
    BRICK,
    choose,
    click_at,
    dots,
    file,
    focused,
    photograph,
    pick,
    redrawn,
    set_strength,
    settle,
    strengths,
    wait_until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page


def is_lost(page: Page) -> bool:
    """Tell whether the focus is nowhere, once the browser has noticed what it cannot be on."""
    page.evaluate(
        "() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"
    )
    return focused(page).startswith("body")


def press(page: Page, button: str) -> None:
    """Press a button by keys, which needs the focus on it."""
    page.focus(button)
    page.keyboard.press("Enter")


def test_focus_is_not_lost_when_an_example_is_chosen(page: Page) -> None:
    press(page, "#chooser .examples button >> nth=0")
    page.wait_for_selector("#picture .frame")
    settle(page)

    assert not is_lost(page)


def test_focus_is_not_lost_with_a_button_that_has_done_its_work(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"), file("notes.jpg", b"none"))
    press(page, "#problems .dismiss")
    assert not is_lost(page)

    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    press(page, "#swatches .undo")
    assert not is_lost(page)
    press(page, "#swatches .redo")
    assert not is_lost(page)
    press(page, "#swatches .copy")
    wait_until(lambda: page.inner_text("#picture .caption").startswith("b.png"))
    assert not is_lost(page)
    press(page, "#swatches .clear")
    assert dots(page) == 0
    assert not is_lost(page)


def test_focus_comes_back_to_the_download_that_was_asked_for(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))

    with page.expect_download():
        press(page, "#download .save-all")

    wait_until(lambda: page.locator("#download .working").is_hidden())
    assert focused(page) == "button.save-all"


def test_delete_removes_the_photograph_that_has_the_focus(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))
    page.focus("#strip .open[title='b.png']")

    page.keyboard.press("Delete")

    wait_until(lambda: page.locator("#strip li").count() == 1)
    assert page.get_attribute("#strip .open", "title") == "a.png"
    assert not is_lost(page)


def test_delete_in_the_strip_is_not_meant_for_a_dot(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))
    pick(page, BRICK)
    redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#picture .spots button")
    page.focus("#strip .open[title='b.png']")

    page.keyboard.press("Delete")

    wait_until(lambda: page.locator("#strip li").count() == 1)
    assert dots(page) == 1


def test_keys_work_whatever_was_used_last(page: Page) -> None:
    choose(page, photograph())
    for control in ("#strength [type=range]", "#picture .dots-shown", "#chooser input"):
        redrawn(page, lambda: set_strength(page, "0.5"))
        page.focus(control)

        redrawn(page, lambda: page.keyboard.press("Control+z"))
        assert strengths(page) == [1, 1], control
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible(), control
        page.keyboard.press("Escape")
        assert page.locator("#keys").is_hidden(), control


def test_keys_of_a_field_are_its_own(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))

    page.focus("#strength [type=number]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("0")
    page.focus("#strength [type=range]")
    page.keyboard.press("ArrowRight")

    assert page.inner_text("#picture .caption").startswith("a.png")
