"""What visitors do on the page, and what they see."""

from __future__ import annotations

import base64
import io
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tests.data_helpers import encoded
from tests.photo_helpers import greys, lab_of

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

PATIENCE_S = 30
BRICK, SKY, NO_COLOR = "#a8482f", "#6ea6d8", "#808080"


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": content}


def photograph(name: str = "old.png", width: int = 300, height: int = 200) -> FilePayload:
    return file(name, encoded(greys(width, height), "PNG"))


def choose(page: Page, *files: FilePayload) -> None:
    """Choose files, and wait until all are coloured or refused."""
    page.set_input_files("#chooser input", list(files))
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing is being opened or drawn."""
    page.wait_for_selector("#status:empty", state="attached")
    if page.locator("#strip li").count():
        page.wait_for_selector("#picture .frame[aria-busy=false]")


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait for something that the page does not announce."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def shown(page: Page, which: str = ".after canvas") -> Image.Image:
    """Return a canvas of the picture."""
    return picture_of(page.locator(f"#picture {which}"))


def picture_of(canvas: Locator) -> Image.Image:
    """Return what a canvas shows."""
    address = canvas.evaluate("canvas => canvas.toDataURL()")
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return image.convert("RGB")


def redrawn(page: Page, action: Callable[[], object]) -> Image.Image:
    """Return the picture in colour after what changes it."""
    before = shown(page).tobytes()
    action()
    wait_until(lambda: shown(page).tobytes() != before)
    settle(page)
    return shown(page)


def chroma(image: Image.Image) -> float:
    return float(np.hypot(*lab_of(image)[1:]).mean())


def hue(image: Image.Image) -> float:
    a, b = lab_of(image)[1:].mean((1, 2))
    return math.degrees(math.atan2(b, a))


def hue_of(color: str) -> float:
    return hue(Image.new("RGB", (1, 1), color))


def pick(page: Page, color: str) -> None:
    page.click(f"#swatches [data-color='{color}']")


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a share of the frame is on the screen."""
    box = page.locator("#picture .frame").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def click_at(page: Page, x: float, y: float) -> None:
    page.mouse.click(*at(page, x, y))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*((a + b) / 2 for a, b in zip(start, end, strict=True)))
    page.mouse.move(*end)
    page.mouse.up()


def dots(page: Page) -> int:
    return page.locator("#picture .spots button").count()


def focused(page: Page) -> str:
    """Return what has the focus: a tag with its classes."""
    described: str = page.evaluate(
        "() => { const { tagName, className } = document.activeElement;"
        " return `${tagName.toLowerCase()}.${className}`; }"
    )
    return described


def strengths(page: Page) -> Sequence[float]:
    """Return what slider and field say."""
    return [float(page.input_value(f"#strength [type={kind}]")) for kind in ("range", "number")]


def set_strength(page: Page, typed: str) -> None:
    page.fill("#strength [type=number]", typed)
    page.press("#strength [type=number]", "Enter")


def downloaded(page: Page, button: str, folder: Path) -> tuple[str, Path]:
    """Return the name and the file of a download."""
    with page.expect_download() as download:
        page.click(f"#download {button}")
    download.value.save_as(folder / "downloaded")
    return download.value.suggested_filename, folder / "downloaded"
