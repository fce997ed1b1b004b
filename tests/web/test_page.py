"""Photographs on the page: coming, going, and given back, in a real browser."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import ExifTags, Image

from tests.data_helpers import encoded
from tests.photo_helpers import greys, opened
from tests.web.browser_helpers import (
    BRICK,
    choose,
    chroma,
    click_at,
    dots,
    downloaded,
    file,
    focused,
    photograph,
    pick,
    redrawn,
    set_strength,
    settle,
    shown,
    strengths,
    wait_until,
)
from tests.web.conftest import LIMITS

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARTIST = ExifTags.Base.Artist
TIMES = "\N{MULTIPLICATION SIGN}"
HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}{{this}}.png"


def caption(page: Page) -> str:
    return page.inner_text("#picture .caption")


def problems(page: Page) -> list[str]:
    return page.locator("#problems li").all_inner_texts()


def test_photograph_is_colored_and_given_back_at_its_full_size(page: Page, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ARTIST] = "Somebody"
    choose(page, file("räder.jpg", encoded(greys(500, 350), "JPEG", exif=exif)))

    assert chroma(shown(page, ".before canvas")) < 1
    assert chroma(shown(page)) > 10
    assert caption(page) == f"räder.jpg, 500 {TIMES} 350 pixels"

    name, path = downloaded(page, ".save", tmp_path)
    result = opened(path)
    assert (name, result.format, result.size) == ("räder_color.jpg", "JPEG", (500, 350))
    assert result.getexif()[ARTIST] == "Somebody"
    assert chroma(result) > 10


def test_format_and_quality_reach_the_file(page: Page, tmp_path: Path) -> None:
    choose(page, photograph())
    page.click("#download summary")
    page.select_option("#download .format", "webp")
    page.check("#download .both")

    name, path = downloaded(page, ".save", tmp_path)

    result = opened(path)
    assert (name, result.format, result.size) == ("old_color.webp", "WEBP", (600, 200))


def test_quality_reaches_the_file(page: Page, tmp_path: Path) -> None:
    noise = Image.effect_noise((300, 200), 60)
    choose(page, file("noise.jpg", encoded(noise, "JPEG")))
    page.click("#download summary")

    sizes = []
    for quality in ("95", "10"):
        page.fill("#download .quality", quality)
        page.press("#download .quality", "Enter")
        _, path = downloaded(page, ".save", tmp_path)
        sizes.append(path.stat().st_size)
        wait_until(lambda: page.locator("#download .save").is_enabled())

    assert sizes[1] < 0.5 * sizes[0]


def test_several_are_worked_on_and_saved_together(page: Page, tmp_path: Path) -> None:
    choose(page, photograph("a.png"), photograph("a.png", 200), photograph("b.png", 100))
    assert page.locator("#strip li").count() == 3
    choose(page, photograph("c.png"))
    assert problems(page) == ["c.png: Only 3 photographs at a time: remove some, then add others."]

    page.click("#strip li:nth-child(3) .open")
    assert caption(page) == f"b.png, 100 {TIMES} 200 pixels"
    redrawn(page, lambda: set_strength(page, "0"))
    page.click("#strip li:nth-child(2) .open")
    assert strengths(page) == [1, 1]
    name, path = downloaded(page, ".save-all", tmp_path)
    with zipfile.ZipFile(path) as archive:
        chromas = [
            chroma(Image.open(io.BytesIO(archive.read(inner)))) for inner in archive.namelist()
        ]
        assert archive.namelist() == ["a_color.png", "a_color-2.png", "b_color.png"]
    assert name == "photographs_color.zip"
    assert chromas[0] > 10
    assert chromas[2] < 1


def test_removing_goes_on_to_the_next_and_ends_at_the_chooser(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))

    page.focus("#strip li:nth-child(1) .open")
    page.keyboard.press("Delete")
    wait_until(lambda: page.locator("#strip li").count() == 1)
    assert caption(page).startswith("b.png")
    assert focused(page) == "button.open"

    page.click("#strip .remove")
    wait_until(lambda: page.locator("#strip").is_hidden())
    assert page.locator("#work").is_hidden()
    assert focused(page).startswith("input")


def test_refusals_are_told_beside_the_page_and_dismissed(page: Page) -> None:
    choose(page, photograph("fine.png"))
    frame = page.locator("#picture .frame").bounding_box()

    bad = [file(f"notes{number}.jpg", b"no photograph") for number in range(5)]
    truncated = encoded(greys(60, 40), "JPEG")[:400]
    choose(
        page,
        *bad,
        file("empty.png", b""),
        file("heavy.png", bytes(LIMITS.bytes + 1)),
        file("bomb.png", encoded(Image.new("L", (1000, 201)), "PNG")),
        file("half.jpg", truncated),
    )

    told = problems(page)
    assert len(told) == 5
    assert told[0].startswith("notes0.jpg, notes1.jpg, notes2.jpg and 2 more: it is text; JPEG")
    assert told[1:4] == [
        "empty.png: The file is empty.",
        "heavy.png: The file is larger than 0.5 MB.",
        "bomb.png: more than 0.2 megapixels",
    ]
    assert told[4].startswith("half.jpg: ")
    now = page.locator("#picture .frame").bounding_box()
    assert now == pytest.approx(frame, abs=1), "the picture jumps"
    page.click("#problems .dismiss")
    assert page.locator("#problems").is_hidden()


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
    assert caption(page) == f"image.png, 60 {TIMES} 40 pixels"


def test_examples_are_grey_and_can_be_tried(page: Page) -> None:
    assert "CC-BY" in page.inner_text("#chooser .examples small")

    page.click("#chooser .examples button >> nth=0")
    page.wait_for_selector("#picture .frame")
    settle(page)

    assert chroma(shown(page, ".before canvas")) < 1
    assert chroma(shown(page)) > 5


def test_names_are_shown_and_never_run(page: Page) -> None:
    page.on("dialog", lambda _: pytest.fail("a name was run"))
    choose(page, photograph(HOSTILE), file(f"not {HOSTILE}", b"nothing"))

    assert caption(page).startswith("img src=x onerror=alert(1)${alert(2)}")
    assert page.locator("#picture .caption img, #problems img").count() == 0


def test_reloading_loses_nothing(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))
    page.keyboard.press("ArrowRight")
    redrawn(page, lambda: set_strength(page, "0.5"))
    pick(page, BRICK)
    picture = redrawn(page, lambda: click_at(page, 0.6, 0.5))

    page.reload()
    page.locator("body[data-ready=true]").wait_for(state="attached")
    settle(page)

    assert page.locator("#strip li").count() == 2
    assert caption(page).startswith("b.png")
    assert (dots(page), strengths(page)) == (1, [0.5, 0.5])
    assert shown(page).tobytes() == picture.tobytes()


def test_page_works_where_nothing_may_be_stored(page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', "
        "{ get() { throw new DOMException('forbidden', 'SecurityError'); } })"
    )
    page.reload()
    page.locator("body[data-ready=true]").wait_for(state="attached")

    choose(page, photograph())

    assert chroma(shown(page)) > 10
    assert problems(page) == []


def test_a_server_that_forgot_the_photographs_is_given_them_anew(
    page: Page, tmp_path: Path
) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))
    pick(page, BRICK)
    picture = redrawn(page, lambda: click_at(page, 0.6, 0.5))
    forget(page)

    name, path = downloaded(page, ".save", tmp_path)

    assert name == "a_color.png"
    assert chroma(opened(path)) == pytest.approx(chroma(picture), abs=1)
    assert problems(page) == []
    assert page.locator("#strip li").count() == 2


def test_what_it_cannot_be_given_anew_is_named(page: Page) -> None:
    choose(page, photograph("a.png"))
    page.reload()
    page.locator("body[data-ready=true]").wait_for(state="attached")
    settle(page)
    forget(page)

    pick(page, BRICK)
    click_at(page, 0.6, 0.5)
    page.wait_for_selector("#problems li")
    assert "a.png: The colorizer was started anew: please load it again." in problems(page)
    wait_until(lambda: page.locator("#work").is_hidden())

    choose(page, photograph("c.png"))
    assert caption(page).startswith("c.png")


def forget(page: Page) -> None:
    """Have the page ask for a visit that the server does not know, as if it had been restarted."""
    page.route(
        "**/visits/*/**",
        lambda route: route.continue_(url=route.request.url.replace("/visits/", "/visits/0")),
        times=1,
    )


def test_a_silent_server_is_told_and_nothing_is_lost(page: Page) -> None:
    choose(page, photograph("a.png"))
    page.route("**/visits/**", lambda route: route.abort("connectionrefused"))
    pick(page, BRICK)
    click_at(page, 0.6, 0.5)
    page.wait_for_selector("#problems li")

    assert problems(page) == ["a.png: The colorizer does not answer. Is it still running?"]
    page.unroute("**/visits/**")
    redrawn(page, lambda: click_at(page, 0.7, 0.5))
    assert dots(page) == 2


def test_a_download_shows_that_it_works_and_can_be_cancelled(page: Page) -> None:
    choose(page, photograph())
    path = "**/visits/*/results/*"
    page.route(path, lambda route: route.fulfill(json={"progress": 0.25, "done": False}))

    page.click("#download .save")

    wait_until(lambda: page.locator("#download progress").evaluate("bar => bar.value") == 0.25)
    assert page.locator("#download .save").is_disabled()
    page.unroute(path)
    with page.expect_request(lambda sent: sent.method == "DELETE"):
        page.click("#download .cancel")
    wait_until(lambda: page.locator("#download .save").is_enabled())
    assert page.locator("#download .working").is_hidden()
    assert problems(page) == []
    assert focused(page).startswith("button.save")


def test_a_project_is_saved_and_opened_again(page: Page, tmp_path: Path) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))
    redrawn(page, lambda: set_strength(page, "0.5"))
    pick(page, BRICK)
    picture = redrawn(page, lambda: click_at(page, 0.6, 0.5))
    page.click("#download summary")
    name, path = downloaded(page, ".project", tmp_path)
    assert name == "colorizer-project.json"
    page.click("#strip .remove >> nth=0")
    wait_until(lambda: page.locator("#strip li").count() == 1)

    choose(page, file(name, path.read_bytes()), photograph("a.png"))
    wait_until(lambda: caption(page).startswith("a.png"))  # the project is read before that
    settle(page)

    assert caption(page).startswith("a.png")
    assert (dots(page), strengths(page)) == (1, [0.5, 0.5])
    assert shown(page).tobytes() == picture.tobytes()
    page.keyboard.press("Control+z")
    settle(page)
    assert dots(page) == 0
    redrawn(page, lambda: choose(page, file(name, path.read_bytes())))
    assert shown(page).tobytes() == picture.tobytes()
    choose(page, file("other.json", b"{}"))
    page.wait_for_selector("#problems li")
    assert problems(page) == ["other.json: This is no project of colorizer."]


def test_no_photograph_is_shown_under_the_name_of_another(page: Page) -> None:
    choose(page, photograph("a.png"), photograph("b.png"))
    page.keyboard.press("ArrowRight")
    page.route("**/visits/**", lambda route: route.abort("connectionrefused"))
    pick(page, BRICK)
    click_at(page, 0.6, 0.5)
    page.wait_for_selector("#problems li")
    page.click("#strip .open[title='a.png']")
    settle(page)
    assert chroma(shown(page)) > 10

    page.click("#strip .open[title='b.png']")
    settle(page)

    assert caption(page).startswith("b.png")
    assert chroma(shown(page)) < 1, "it is a.png"


def test_folders_are_refused_in_true_words(page: Page) -> None:
    page.evaluate(
        """() => {
            const file = new File(["x"], "album");
            file.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("a folder")) });
            const data = { files: [file] };
            const drop = new Event("drop");
            Object.defineProperty(drop, "dataTransfer", { value: data });
            document.dispatchEvent(drop);
        }"""
    )
    page.wait_for_selector("#problems li")

    assert problems(page) == ["album: It cannot be read: it is a folder, or was moved or changed."]
