"""A server of the page, with a network that is quick, and a browser."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from colorizer.color.lab_torch import AB_SCALE
from colorizer.networks.color_head import ColorHead
from colorizer.networks.hinted import Encoding, HintedColorizer
from colorizer.photo.colorist import PhotoColorist
from colorizer.web.examples import find_examples
from colorizer.web.limits import Limits
from tests.conftest import SAMPLE
from tests.photo_helpers import network

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

LIMITS = Limits(megapixels=0.2, megabytes=0.5, uploads=3, visitors=30)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_VARIABLE = "COLORIZER_BROWSER"
PATIENCE_MS = 30_000
# What browsers log as errors, though the page tells the visitor.
REFUSALS = ("status of 409 ", "status of 410 ", "status of 413 ", "ERR_CONNECTION_REFUSED")
OWN = (12.0, -8.0)  # a and b that the network paints


class Painter(HintedColorizer):
    """Paints all in one colour, that of the last hint if there is one; counts its glances."""

    size_multiple = 4
    glances = 0

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.color_head = ColorHead(1)

    def encode(self, lightness: Tensor) -> Encoding:
        self.glances += 1
        return Encoding(painted(OWN, lightness) / AB_SCALE, lightness)

    def full_size(self, ab: Tensor) -> Tensor:
        return ab

    def decode(self, seen: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
        return torch.zeros_like(seen.ab), painted(hints[0, -1, 2:].tolist(), seen.ab)


def painted(color: Sequence[float], like: Tensor) -> Tensor:
    """Return one colour, a and b, in all places of (1, C, H, W)."""
    return torch.tensor(color).view(1, 2, 1, 1).expand(1, 2, *like.shape[2:])


@pytest.fixture(scope="session")
def painter() -> Painter:
    """The network of the server."""
    return Painter()


@pytest.fixture(scope="session")
def visitors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps what visitors send, once it is there."""
    return tmp_path_factory.mktemp("server") / "visitors"


@pytest.fixture(scope="session")
def address(painter: Painter, visitors: Path) -> Iterator[str]:
    """Where the page is served on this computer."""
    pytest.importorskip("uvicorn", reason="needs a server: pip install -e '.[web]'")
    from colorizer.web.app import build_app
    from colorizer.web.server import listen, server_of

    colorist = PhotoColorist(network(painter), saturation=1.0, quality=95, side_by_side=False)
    app = build_app(colorist, LIMITS, visitors, find_examples(SAMPLE), "painter")
    with listen("127.0.0.1", 0) as listening:
        server = server_of(app)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server has ended"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


# Of a module, for while it is there, this thread has a running event loop, and Dask wants none.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that is installed on this computer."""
    driver = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    named = os.environ.get(BROWSER_VARIABLE)
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip(f"needs Chromium on PATH, or its path in {BROWSER_VARIABLE}")
    with driver.sync_playwright() as playwright:
        # Where there is no graphics card, a process that plays one takes its share of the work.
        browser = playwright.chromium.launch(executable_path=found, args=["--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def visited(
    browser: Browser,
    address: str,
    refusals: Sequence[str] = REFUSALS,
    patience_ms: float = PATIENCE_MS,
    **options: Any,
) -> Iterator[Page]:
    """Open the page as a new visitor; it must ask its host alone, and make no errors.

    ``refusals`` are parts of errors that browsers may log nevertheless; ``options`` are those of
    the browser's context.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(patience_ms)
    page = context.new_page()
    asked: list[str] = []
    errors: list[str] = []

    def listen(said: ConsoleMessage) -> None:
        if said.type == "error" and not any(refusal in said.text for refusal in refusals):
            errors.append(said.text)

    page.on("request", lambda sent: asked.append(sent.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", listen)
    page.goto(address)
    # Not by wait_for_function: the page's security policy forbids what that evaluates.
    page.locator("body[data-ready=true]").wait_for(state="attached")
    yield page
    context.close()
    own = (address, f"blob:{address}", "data:")
    assert len(asked) > 1
    assert [url for url in asked if not url.startswith(own)] == []
    assert errors == []


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of the server, in a window of which tests may say more by its parameters."""
    with visited(browser, address, **getattr(request, "param", {})) as page:
        yield page
