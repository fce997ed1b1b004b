"""What visitors do on the page, in a real browser."""

from __future__ import annotations

import base64
import io
import math
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.data_helpers import encoded
from tests.photo_helpers import greys, lab_of, opened
from tests.web.conftest import LIMITS, PATIENCE_MS, Painter

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

ARTIST = ExifTags.Base.Artist
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TIMES = "\N{MULTIPLICATION SIGN}"
HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}{{this}}.png"


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": content}


def photograph(name: str = "old.png", width: int = 300, height: int = 200) -> FilePayload:
    return file(name, encoded(greys(width, height), "PNG"))


def choose(page: Page, files: Sequence[FilePayload]) -> None:
    page.set_input_files("#chooser input", list(files))


def shown(page: Page, which: str) -> Image.Image:
    address = page.get_attribute(f"#picture .{which}", "src")
    assert address
    return Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))


def chroma(image: Image.Image) -> float:
    return float(np.hypot(*lab_of(image)[1:]).mean())


def hue(image: Image.Image) -> float:
    a, b = lab_of(image)[1:].mean((1, 2))
    return math.degrees(math.atan2(b, a))


def redrawn(page: Page, action: Callable[[], object]) -> Image.Image:
    """Return the picture in colour after what changes it."""
    before = page.get_attribute("#picture .after", "src")
    action()
    page.wait_for_function("src => document.querySelector('.after').src !== src", arg=before)
    return shown(page, "after")


def wait_for_photographs(page: Page, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('#strip li').length === count", arg=count
    )


def slide_to(page: Page, value: float) -> None:
    page.fill("input[type=number]", str(value))
    page.press("input[type=number]", "Enter")


def downloaded(page: Page, button: str, folder: Path) -> tuple[str, Path]:
    with page.expect_download() as download:
        page.click(button)
    download.value.save_as(folder / "downloaded")
    return download.value.suggested_filename, folder / "downloaded"


def test_photograph_is_colored_and_given_back_at_its_full_size(page: Page, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ARTIST] = "Somebody"
    choose(page, [file("räder.jpg", encoded(greys(500, 350), "JPEG", exif=exif))])
    page.wait_for_selector("#picture .frame")

    assert chroma(shown(page, "before")) < 1
    assert chroma(shown(page, "after")) > 10
    assert page.inner_text("#picture .caption") == f"räder.jpg, 500 {TIMES} 350 pixels"

    name, path = downloaded(page, "#save", tmp_path)
    result = opened(path)
    assert (name, result.format, result.size) == ("räder_color.jpg", "JPEG", (500, 350))
    assert result.getexif()[ARTIST] == "Somebody"
    assert chroma(result) > 10


def test_slider_redraws_without_asking_the_network(
    page: Page, painter: Painter, tmp_path: Path
) -> None:
    choose(page, [photograph()])
    page.wait_for_selector("#picture .frame")
    as_predicted, glances = chroma(shown(page, "after")), painter.glances

    assert chroma(redrawn(page, lambda: slide_to(page, 2))) > 1.5 * as_predicted
    assert chroma(redrawn(page, lambda: slide_to(page, 0))) < 1
    _, path = downloaded(page, "#save", tmp_path)

    assert chroma(opened(path)) < 1
    assert painter.glances == glances


def test_color_is_given_to_a_place_and_taken_back(page: Page) -> None:
    choose(page, [photograph()])
    page.wait_for_selector("#picture .frame")
    at_first = shown(page, "after")

    page.click("#picture .frame", position={"x": 200, "y": 100})
    page.click("text=brick")
    assert page.locator("#picture .spots .dot").count() == 0, "no colour was picked"
    bricks = redrawn(page, lambda: page.click("#picture .frame", position={"x": 200, "y": 100}))
    assert hue(bricks) == pytest.approx(hue(Image.new("RGB", (1, 1), "#a8482f")), abs=5)
    box = page.locator("#picture .frame").bounding_box()
    assert box
    left = page.locator("#picture .spots .dot").evaluate("dot => parseFloat(dot.style.left)")
    assert left == pytest.approx(100 * 200 / box["width"], abs=0.5)

    page.click("text=sky")
    redrawn(page, lambda: page.click("#picture .frame", position={"x": 60, "y": 60}))
    assert page.locator("#picture ol li").count() == 2
    redrawn(page, lambda: page.click("text=Undo"))
    assert page.locator("#picture ol li").count() == 1
    after = redrawn(page, lambda: page.click("text=Remove all"))
    assert page.locator("#picture .spots .dot").count() == 0
    np.testing.assert_array_equal(np.asarray(after), np.asarray(at_first))


def test_line_follows_the_mouse_and_the_keys(page: Page) -> None:
    choose(page, [photograph()])
    line = page.locator("#picture .line")
    box = page.locator("#picture .frame").bounding_box()
    assert box
    assert line.get_attribute("aria-valuenow") == "50"

    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)
    page.mouse.up()
    assert line.get_attribute("aria-valuenow") == "25"
    line.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "30"


def test_what_cannot_be_colored_is_named_and_the_rest_goes_on(page: Page) -> None:
    choose(
        page,
        [
            file("notes.jpg", b"no photograph"),
            file("heavy.png", bytes(LIMITS.bytes + 1)),
            file("bomb.png", encoded(Image.new("L", (1000, 201)), "PNG")),
            photograph("fine.png"),
        ],
    )
    wait_for_photographs(page, 1)

    *others, notes = sorted(page.locator("#chooser .problems li").all_inner_texts())
    assert others == [
        "bomb.png: more than 0.2 megapixels",
        "heavy.png: The file is larger than 0.5 MB.",
    ]
    assert notes.startswith("notes.jpg: it is text; JPEG, PNG, ")
    assert page.inner_text("#picture .caption").startswith("fine.png")


def test_several_are_worked_on_and_saved_together(page: Page, tmp_path: Path) -> None:
    choose(page, [photograph("a.png"), photograph("a.png", 200), photograph("b.png", 100)])
    wait_for_photographs(page, 3)
    choose(page, [photograph("c.png")])
    page.wait_for_selector("#chooser .problems li")
    assert page.inner_text("#chooser .problems") == (
        "c.png: Only 3 photographs at a time: remove some, then add others."
    )

    redrawn(page, lambda: page.click("#strip li:nth-child(3) button:first-child"))
    assert page.inner_text("#picture .caption") == f"b.png, 100 {TIMES} 200 pixels"
    redrawn(page, lambda: slide_to(page, 0))
    redrawn(page, lambda: page.click("#strip li:nth-child(2) button:first-child"))
    assert page.input_value("input[type=number]") == "1"
    name, path = downloaded(page, "#save-all", tmp_path)
    with zipfile.ZipFile(path) as archive:
        chromas = [
            chroma(Image.open(io.BytesIO(archive.read(inner)))) for inner in archive.namelist()
        ]
        assert archive.namelist() == ["a_color.png", "a_color-2.png", "b_color.png"]
    assert name == "photographs_color.zip"
    assert chromas[0] > 10
    assert chromas[2] < 1

    page.click("#strip li:nth-child(2) .remove")
    wait_for_photographs(page, 2)
    assert page.inner_text("#picture .caption").startswith("b.png")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_photographs_are_dropped_and_pasted(page: Page, way: str) -> None:
    content = base64.b64encode(encoded(greys(60, 40), "PNG")).decode()
    page.evaluate(
        """async ([way, content]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "image.png", { type: "image/png" }));
            document.dispatchEvent(way === "drop"
                ? new DragEvent("drop", { dataTransfer: data })
                : new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        [way, content],
    )

    page.wait_for_selector("#picture .frame")
    assert page.inner_text("#picture .caption") == f"image.png, 60 {TIMES} 40 pixels"


def test_examples_are_grey_and_can_be_tried(page: Page) -> None:
    assert "CC-BY" in page.inner_text("#chooser .examples small")

    page.click("#chooser .examples button:first-child")
    page.wait_for_selector("#picture .frame")

    assert chroma(shown(page, "before")) < 1
    assert chroma(shown(page, "after")) > 5


def test_names_are_shown_and_never_run(page: Page) -> None:
    page.on("dialog", lambda _: pytest.fail("a name was run"))
    choose(page, [photograph(HOSTILE), file(f"not {HOSTILE}", b"nothing")])
    page.wait_for_selector("#chooser .problems li")

    assert page.inner_text("#picture .caption").startswith("img src=x onerror=alert(1)${alert(2)}")
    assert page.locator("#picture .caption img, #chooser .problems img").count() == 0


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_page_fits_a_phone_and_taps_give_colors(page: Page) -> None:
    choose(page, [photograph(), photograph("other.png")])
    wait_for_photographs(page, 2)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.tap("text=sky")
    redrawn(page, lambda: page.tap("#picture .frame", position={"x": 100, "y": 50}))
    assert page.locator("#picture .spots .dot").count() == 1


@pytest.mark.parametrize(
    ("page", "is_dark"),
    [({"color_scheme": "light"}, False), ({"color_scheme": "dark"}, True)],
    indirect=["page"],
)
def test_page_is_light_or_dark_as_the_visitor_likes(page: Page, is_dark: bool) -> None:
    color = page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).color")

    red = int(color.split("(")[1].split(",")[0])
    assert (red > 128) is is_dark


def test_photographs_of_one_who_has_gone_are_removed(
    browser: Browser, address: str, visitors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Gradio then waits for a second, not for an hour.
    monkeypatch.setenv("GRADIO_IS_E2E_TEST", "1")
    before = set(visitors.iterdir())
    page = browser.new_page()
    page.goto(address)
    choose(page, [photograph()])
    page.wait_for_selector("#picture .frame")
    (own,) = set(visitors.iterdir()) - before

    page.close()

    for _ in range(PATIENCE_MS // 100):
        if not own.exists():
            return
        time.sleep(0.1)
    pytest.fail("its photographs are still there")
