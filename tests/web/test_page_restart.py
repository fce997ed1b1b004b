"""What becomes of a visitor's photographs when the server is started anew, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from colorizer.photo.colorist import PhotoColorist
from colorizer.web.examples import find_examples
from tests.conftest import SAMPLE
from tests.photo_helpers import network
from tests.web.browser_helpers import (
    BRICK,
    SKY,
    choose,
    chroma,
    click_at,
    dots,
    hue,
    hue_of,
    photograph,
    pick,
    redrawn,
    set_strength,
    settle,
    shown,
    wait_until,
)
from tests.web.conftest import LIMITS, Painter

if TYPE_CHECKING:
    from playwright.sync_api import Page


class RestartableServer:
    """A server of the page that can be stopped, and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starts = 0
        self.port = 0

    def start(self) -> None:
        from colorizer.web.app import build_app
        from colorizer.web.server import listen, server_of

        self._starts += 1
        colorist = PhotoColorist(
            network(Painter()), saturation=1.0, quality=95, side_by_side=False
        )
        visitors = self._folder / str(self._starts)
        app = build_app(colorist, LIMITS, visitors, find_examples(SAMPLE), "painter")
        self._listening = listen("127.0.0.1", self.port)
        self.port = self._listening.getsockname()[1]
        self._server = server_of(app)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._listening]})
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server has ended"
            time.sleep(0.05)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableServer]:
    """A server of a test's own."""
    pytest.importorskip("uvicorn", reason="needs a server: pip install -e '.[web]'")
    server = RestartableServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def address(server: RestartableServer) -> str:
    """Where the page is served, for the fixture `page`."""
    return f"http://127.0.0.1:{server.port}/"


def problems(page: Page) -> list[str]:
    return page.locator("#problems li").all_inner_texts()


def reload(page: Page) -> None:
    page.reload()
    page.locator("body[data-ready=true]").wait_for(state="attached")
    settle(page)


def test_photographs_are_given_to_it_anew_each_in_its_place(
    page: Page, server: RestartableServer
) -> None:
    choose(page, *(photograph(name) for name in ("a.png", "b.png", "c.png")))
    page.click("#strip .remove >> nth=0")
    wait_until(lambda: page.locator("#strip li").count() == 2)
    pick(page, BRICK)
    bricks = redrawn(page, lambda: click_at(page, 0.6, 0.5))
    server.restart()

    pick(page, SKY)
    skies = redrawn(page, lambda: click_at(page, 0.4, 0.5))
    assert hue(skies) == pytest.approx(hue_of(SKY), abs=5)
    names = [one.get_attribute("title") for one in page.locator("#strip .open").all()]
    assert (names, problems(page), dots(page)) == (["b.png", "c.png"], [], 2)
    page.click("#strip .open[title='c.png']")
    assert page.inner_text("#picture .caption").startswith("c.png")
    settle(page)
    assert dots(page) == 0
    page.click("#strip .open[title='b.png']")
    settle(page)
    undone = redrawn(page, lambda: page.keyboard.press("Control+z"))
    assert undone.tobytes() == bricks.tobytes()


def test_after_a_reload_it_tells_that_the_files_are_gone(
    page: Page, server: RestartableServer
) -> None:
    choose(page, photograph("a.png"))
    server.restart()

    reload(page)

    assert problems(page) == ["The colorizer was started anew, or this page was idle too long."]
    assert page.locator("#work").is_hidden()
    choose(page, photograph("b.png"))
    assert chroma(shown(page)) > 10


def test_what_can_be_given_anew_is_worked_on_though_others_are_lost(
    page: Page, server: RestartableServer
) -> None:
    choose(page, photograph("lost.png"))
    reload(page)
    choose(page, photograph("kept.png"))
    server.restart()

    pick(page, BRICK)
    bricks = redrawn(page, lambda: click_at(page, 0.6, 0.5))

    assert hue(bricks) == pytest.approx(hue_of(BRICK), abs=5)
    assert problems(page) == ["lost.png: The colorizer was started anew: please load it again."]
    assert page.locator("#strip li").count() == 1


def test_a_server_that_is_stopped_for_a_while_takes_nothing_away(
    page: Page, server: RestartableServer
) -> None:
    choose(page, photograph("a.png"))
    server.stop()
    pick(page, BRICK)
    click_at(page, 0.6, 0.5)
    page.wait_for_selector("#problems li")
    assert problems(page) == ["a.png: The colorizer does not answer. Is it still running?"]
    set_strength(page, "0.5")

    server.start()
    redrawn(page, lambda: click_at(page, 0.7, 0.5))

    assert dots(page) == 2
    assert hue(shown(page)) == pytest.approx(hue_of(BRICK), abs=5)
