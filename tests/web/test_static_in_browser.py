"""The page without a server, in a real browser: the general network runs there."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from PIL import Image

from benchmarks.engine import RUNTIME
from colorizer.color.icc import ColorSpace
from colorizer.inference.suggestions import suggest_colors
from colorizer.inference.variants import propose_variants
from colorizer.networks.files import GENERAL_GRAPH
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.hints import ab_of
from colorizer.photo.read import as_photo
from colorizer.predictors.load import load_predictor
from colorizer.web.examples import find_examples
from colorizer.web.static_site import build_site
from tests.conftest import SAMPLE
from tests.data_helpers import encoded, serving_folder
from tests.web.conftest import visited

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

pytestmark = pytest.mark.skipif(not RUNTIME.is_dir(), reason="needs: npm ci --ignore-scripts")

SIZE = (120, 80)
PATIENCE_MS = 60_000


class Host(NamedTuple):
    """A plain web server on this computer, which can be ended at any time."""

    address: str
    end: Callable[[], None]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static") / "site"
    build_site(folder, RUNTIME, find_examples(SAMPLE))
    return folder


@pytest.fixture
def host(site: Path) -> Iterator[Host]:
    with ExitStack() as stack:
        address = stack.enter_context(serving_folder(site))
        # Browsers allow service workers on localhost.
        yield Host(f"{address.replace('127.0.0.1', 'localhost')}/", stack.close)


@pytest.fixture
def page(browser: Browser, host: Host) -> Iterator[Page]:
    """The page, which must ask its own host alone, and make no errors."""
    with visited(browser, host.address, refusals=(), patience_ms=PATIENCE_MS) as page:
        yield page


@pytest.fixture(scope="module")
def photograph() -> Image.Image:
    with Image.open(min(SAMPLE.rglob("*.jpg"))) as image:
        return image.convert("RGB").resize(SIZE)


def choose(page: Page, *files: tuple[str, Image.Image]) -> None:
    payloads: list[FilePayload] = [
        {"name": name, "mimeType": "", "buffer": encoded(image, "PNG")} for name, image in files
    ]
    page.set_input_files("#chooser input", payloads)


def wait_for_photographs(page: Page, count: int) -> None:
    page.wait_for_selector(f"#strip li:nth-child({count})")
    page.wait_for_selector("#status:empty", state="attached")


def saved(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_photographs_are_colored_as_by_the_command_and_without_a_connection_too(
    page: Page, host: Host, photograph: Image.Image
) -> None:
    network, saturation = load_predictor(GENERAL_GRAPH, {})
    colorist = PhotoColorist(network, saturation, quality=95, side_by_side=False)
    expected = np.asarray(colorist.picture(as_photo(photograph)), int)
    choose(page, ("räder.png", photograph))
    wait_for_photographs(page, 1)

    name, content = saved(page, "#download .save")

    assert name == "räder_color.png"
    written = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), int)
    assert np.abs(written - expected).max() <= 1

    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    host.end()
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("#strip li").count() == 1, "reloading loses the photograph"
    choose(page, ("räder.png", photograph.rotate(180)))
    wait_for_photographs(page, 2)
    name, archive = saved(page, "#download .save-all")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert files.testzip() is None
        assert files.namelist() == ["räder_color.png", "räder_color-2.png"]
        assert files.read("räder_color.png") == content


def test_examples_hints_and_formats_need_no_server(page: Page) -> None:
    page.click("#chooser .examples button >> nth=0")
    wait_for_photographs(page, 1)
    _, plain = saved(page, "#download .save")

    page.click("#swatches [data-color='#c0302b']")
    page.click("#picture .frame")
    page.wait_for_selector("#picture .spots button")
    page.click("#download summary")
    page.select_option("#download .format", "webp")
    name, hinted = saved(page, "#download .save")

    before, after = (Image.open(io.BytesIO(content)).convert("RGB") for content in (plain, hinted))
    assert name == "example-1_color.webp"
    assert np.abs(np.asarray(before, int) - np.asarray(after, int)).mean() > 3


def test_choices_are_those_of_the_command(page: Page, photograph: Image.Image) -> None:
    seen = load_predictor(GENERAL_GRAPH, {})[0].encode(photograph, ColorSpace())
    _, expected, *_ = propose_variants(seen)
    choose(page, ("old.png", photograph))
    wait_for_photographs(page, 1)

    page.click("#variants .propose")
    page.click("#variants li:nth-child(2) button")
    page.focus("#picture .spots button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#swatches .likely:not([hidden]) button")

    suggested = page.locator("#swatches .likely button").all()
    colors = [str(one.get_attribute("data-color")) for one in suggested]
    place = np.array([[expected[0].x, expected[0].y]], np.float32)
    (likely,), _ = suggest_colors(seen.likely_colors(place))
    np.testing.assert_allclose([ab_of_color(color) for color in colors], likely, atol=2)
    page.click("#download summary")
    _, project = saved(page, "#download .project")
    dots = json.loads(project)["photographs"][0]["dots"]
    assert len(dots) == len(expected)
    for dot, hint in zip(dots, expected, strict=True):
        assert (dot["x"], dot["y"]) == pytest.approx((hint.x, hint.y))
        assert ab_of_color(dot["color"]) == pytest.approx(hint.ab, abs=2)


def ab_of_color(color: str) -> tuple[float, float]:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return ab_of((red, green, blue))


def test_removed_photographs_stay_removed(page: Page, photograph: Image.Image) -> None:
    choose(page, ("a.png", photograph))
    wait_for_photographs(page, 1)

    page.click("#strip .remove")
    page.reload()
    page.wait_for_selector("body[data-ready=true]")

    assert page.locator("#strip li").count() == 0


def test_what_browsers_cannot_read_is_told_with_a_way_out(
    page: Page, photograph: Image.Image
) -> None:
    content = encoded(photograph, "TIFF")
    page.set_input_files("#chooser input", {"name": "scan.tif", "mimeType": "", "buffer": content})

    page.wait_for_selector("#problems li")
    told = page.inner_text("#problems li")
    assert told.startswith("scan.tif: ")
    assert "TIFF" in told
    assert "pip install photo-colorizer" in told
