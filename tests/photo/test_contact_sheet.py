from __future__ import annotations

import io
import os
import sys
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from PIL import Image

from colorizer.common.errors import UserError
from colorizer.photo.contact_page import GENERATOR, link_to
from colorizer.photo.contact_sheet import SIDE, ContactSheet, start_sheet, thumbnail_of
from colorizer.photo.plan import COLORED, SIDE_BY_SIDE, Job, Wish, plan
from tests.data_helpers import colorful, encoded
from tests.images.test_square import BLUE, GREEN, RED, YELLOW, quadrants, turned
from tests.photo_helpers import grey_profile, greys

AWKWARD = "a&b <i> ü #1 100%.jpg"
NETWORK = "general <of> today"


class Page(HTMLParser):
    """What a contact sheet says and shows."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.folder = file.resolve().parent
        self.tags: list[str] = []
        self.links: list[str] = []
        self.pictures: list[Image.Image] = []
        self.alts: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.html = file.read_text(encoding="utf-8")
        self._words: list[str] = []
        self.feed(self.html)
        self.text = "".join(self._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if tag == "meta":
            self.metas.append(found)
        elif tag == "a":
            self.links.append(found["href"] or "")
        elif tag == "img":
            kind, content = (found["src"] or "").split(",")
            assert kind == "data:image/jpeg;base64"
            picture = Image.open(io.BytesIO(b64decode(content, validate=True)))
            assert picture.format == "JPEG"
            assert [found["width"], found["height"]] == [str(side) for side in picture.size]
            self.pictures.append(picture)
            self.alts.append(found["alt"] or "")

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def linked(self) -> list[Path]:
        """Return the files that the links lead to, without those within the page."""
        return [
            Path(os.path.normpath(self.folder / os.fsdecode(unquote_to_bytes(link))))
            for link in self.links
            if not link.startswith("#")
        ]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pair(source: str, target: str, size: tuple[int, int] = (48, 32)) -> Job:
    """Save a photograph and its result."""
    image = colorful(1, *size)
    for name, saved in ((source, image.convert("L")), (target, image)):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        saved.save(name, "JPEG", quality=95)
    return Job(Path(source), Path(target), "jpeg")


def sheet(path: str = "out/report.html", side_by_side: bool = False) -> ContactSheet:
    return ContactSheet(Path(path), NETWORK, side_by_side)


def page_of(sheet: ContactSheet, failures: Sequence[tuple[Path, str]] = ()) -> Page:
    sheet.write(failures)
    return Page(sheet.path)


def is_colored(image: Image.Image) -> bool:
    return bool(np.ptp(np.asarray(image.convert("RGB")).astype(int), axis=-1).mean() > 10)


def corners_of(image: Image.Image) -> list[list[int]]:
    width, height = image.size
    points = [(x, y) for y in (2, height - 3) for x in (2, width - 3)]
    return [list(np.asarray(image)[y, x]) for x, y in points]


def test_before_and_after_are_shown_and_linked(folder: Path) -> None:
    made = sheet()
    made.add(pair("album/a.jpg", "out/a_color.jpg", (800, 600)))

    page = page_of(made)

    assert page.linked() == [folder / "album" / "a.jpg", folder / "out" / "a_color.jpg"]
    assert page.alts == ["Before: a.jpg", "After: a_color.jpg"]
    assert [is_colored(picture) for picture in page.pictures] == [False, True]
    assert [picture.size for picture in page.pictures] == [(SIDE, 240)] * 2
    assert "1 photograph · network: general <of> today\n" in page.text


def test_page_needs_nothing_else() -> None:
    made = sheet()
    made.add(pair("a.jpg", "out/a_color.jpg"))

    page = page_of(made)

    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert "http:" not in page.html
    assert "https:" not in page.html
    assert "url(" not in page.html
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert {"http-equiv": "Content-Security-Policy", "content": policy} in page.metas
    assert {"charset": "utf-8"} in page.metas
    assert page.html.startswith("<!DOCTYPE html>\n<html lang=")
    assert {"title", "h1", "main", "figure", "figcaption"} <= set(page.tags)
    assert page.html.endswith("</html>\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_any_name_is_shown_and_linked(folder: Path) -> None:
    job = pair(f"al bum#/{AWKWARD}", f"out/x?:'\"{AWKWARD}")
    made = sheet()
    made.add(job, ["<b>lost</b>"])

    page = page_of(made, [(Path("<u>.jpg"), "<s> & more")])

    assert page.links[1] == "../al%20bum%23/a%26b%20%3Ci%3E%20%C3%BC%20%231%20100%25.jpg"
    assert page.linked() == [folder / job.source, folder / job.target]
    assert all(file.is_file() for file in page.linked())
    assert page.alts == [f"Before: {AWKWARD}", f"After: {job.target.name}"]
    for words in (AWKWARD, job.target.name, "<b>lost</b>", "<u>.jpg", "<s> & more"):
        assert words in page.text
    assert not {"i", "u", "s"} & set(page.tags)


@pytest.mark.skipif(sys.platform != "linux", reason="only there may names be of any encoding")
def test_name_that_is_not_utf_8_is_shown_and_linked(folder: Path) -> None:
    job = pair(os.fsdecode(b"\xff.jpg"), os.fsdecode(b"\xff_color.jpg"))
    made = sheet("report.html")
    made.add(job)

    page = page_of(made)

    assert page.links == ["%FF.jpg", "%FF_color.jpg"]
    assert page.linked() == [folder / job.source, folder / job.target]
    assert "\\udcff_color.jpg" in page.text


def test_links_are_relative_unless_on_another_drive(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert link_to(folder / "a b.jpg", Path()) == "a%20b.jpg"
    assert link_to(Path("c/d/a.jpg"), Path("c/e")) == "../d/a.jpg"
    assert link_to(Path("c:d.jpg"), Path()) == "c%3Ad.jpg"

    def another_drive(*_: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", another_drive)
    assert link_to(Path("a b.jpg"), Path("c")) == (folder / "a b.jpg").as_uri()


@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
def test_small_pictures_are_upright(orientation: int) -> None:
    Path("a.jpg").write_bytes(turned(orientation, "JPEG", quadrants(960, 480)))

    small = thumbnail_of(Path("a.jpg"))

    assert small
    assert (small.width, small.height) == (SIDE, 160)
    with Image.open(io.BytesIO(small.jpeg)) as image:
        np.testing.assert_allclose(corners_of(image), [RED, GREEN, BLUE, YELLOW], atol=12)
        assert "exif" not in image.info


def test_small_pictures_are_in_srgb() -> None:
    linear = np.full((32, 48), round(255 * 0.2140), np.uint8)  # sRGB's 127
    Image.fromarray(linear).save("linear.png", icc_profile=grey_profile(1.0))
    Image.fromarray(np.full((32, 48), 127 * 257, np.uint16)).save("wide.tif")
    Image.new("RGBA", (48, 32), (0, 0, 0, 0)).save("clear.png")

    for name, expected in (("linear.png", 127), ("wide.tif", 127), ("clear.png", 255)):
        small = thumbnail_of(Path(name))
        assert small
        with Image.open(io.BytesIO(small.jpeg)) as image:
            assert image.mode == "RGB"
            assert "icc_profile" not in image.info
            np.testing.assert_allclose(np.asarray(image).astype(int), expected, atol=2)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((48, 32), (48, 32)), ((300, 640), (150, 320)), ((3000, 2), (320, 1)), ((1, 1), (1, 1))],
)
def test_pictures_are_not_enlarged_and_do_not_vanish(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    Image.new("L", size).save("a.png")

    small = thumbnail_of(Path("a.png"))

    assert small
    assert (small.width, small.height) == expected


def test_comments_are_not_in_small_pictures() -> None:
    Path("a.jpg").write_bytes(encoded(greys(), "JPEG", comment=b"private", quality=90))

    small = thumbnail_of(Path("a.jpg"))

    assert small
    assert b"private" not in small.jpeg


def test_what_cannot_be_shown_is_named(folder: Path) -> None:
    job = pair("a.jpg", "out/a_color.jpg")
    job.target.write_bytes(b"broken")
    gone = pair("b.jpg", "out/b_color.jpg")
    gone.source.unlink()
    gone.target.unlink()
    made = sheet()
    made.add(job)
    made.add(gone)

    page = page_of(made)

    assert page.alts == ["Before: a.jpg"]
    assert page.text.count("a_color.jpg") == 2
    assert page.text.count("b.jpg") == 2
    assert page.linked()[1] == folder / "out" / "a_color.jpg"


def test_side_by_side_is_one_picture(folder: Path) -> None:
    job = pair("a.jpg", "a_before_after.jpg", (1600, 400))
    made = sheet("report.html", side_by_side=True)
    made.add(job)

    page = page_of(made)

    assert [picture.size for picture in page.pictures] == [(2 * SIDE, 160)]
    assert page.alts == ["Before and after: a_before_after.jpg"]
    assert page.linked() == [folder / "a_before_after.jpg", folder / "a.jpg"]


@pytest.mark.parametrize("side_by_side", [False, True])
def test_other_colourings_follow(folder: Path, side_by_side: bool) -> None:
    job = replace(pair("a.jpg", "a_color.jpg"), variants=3)
    pair("a.jpg", "a_color_2.jpg", (32, 48))
    made = sheet("report.html", side_by_side=side_by_side)
    made.add(job)

    page = page_of(made)

    assert page.alts[-1] == "Colouring 2: a_color_2.jpg"
    assert [picture.size for picture in page.pictures][-2:] == [(48, 32), (32, 48)]
    results = [folder / name for name in ("a_color.jpg", "a_color_2.jpg", "a_color_3.jpg")]
    linked = page.linked()
    linked.remove(folder / "a.jpg")
    assert linked == results
    assert "a_color.jpg and 2 more" in page.text
    assert page.text.count("a_color_3.jpg") == 1  # which is not there


def test_failures_and_notes_are_told() -> None:
    made = sheet()
    made.add(pair("a.jpg", "out/a_color.jpg"), ["16 bits become 8", "no XMP"])

    page = page_of(made, [(Path("album/b.jpg"), "it is text"), (Path("c"), "no such file")])

    assert "3 photographs · network: general <of> today · 2 not coloured" in page.text
    assert "#failures" in page.links
    assert 'id="failures"' in page.html
    told = ["16 bits become 8", "no XMP", "album/b.jpg", "it is text", "no such file"]
    found = [page.text.find(words) for words in told]
    assert found == sorted(found)
    assert min(found) > 0


def test_what_was_there_is_told_and_no_network_is_named_that_did_nothing() -> None:
    kept = pair("a.jpg", "out/a_color.jpg")
    made = sheet()
    made.add(kept, is_new=False)
    page = page_of(made)
    assert "1 photograph · 1 there already\n" in page.text
    assert "was there already" not in page.text

    made.add(pair("b.jpg", "out/b_color.jpg"))
    page = page_of(made)
    assert "2 photographs · network: general <of> today · 1 there already\n" in page.text
    assert page.text.count("was there already") == 1


def test_photographs_are_in_order_under_their_folders(folder: Path) -> None:
    jobs = [pair(name, f"out/{name}") for name in ("b/1.jpg", "2.jpg", "b/c/0.jpg", "1.jpg")]
    pages = []
    for order in (jobs, jobs[::-1]):
        made = sheet()
        for job in order:
            made.add(job)
        pages.append(page_of(made))

    assert pages[0].html == pages[1].html
    assert [link for link in pages[0].links if link.startswith("..")] == [
        "../1.jpg",
        "../2.jpg",
        "../b/1.jpg",
        "../b/c/0.jpg",
    ]
    text = pages[0].text
    places = [text.find(f"\n{name}\n") for name in (folder.name, "b", os.path.join("b", "c"))]
    assert min(places) > 0
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("targets", "output", "expected"),
    [
        (["album/a_color.jpg", "album/sub/b_color.jpg"], None, "album/report.html"),
        (["a_color.jpg", "album/b_color.jpg"], None, "report.html"),
        (["album/x/a_color.jpg", "album/y/b_color.jpg"], None, "album/report.html"),
        (["out/sub/a_color.jpg"], "out", "out/report.html"),
        (["new/a.png"], "new/a.png", "new/report.html"),
        (["a.png"], "a.png", "report.html"),
    ],
)
def test_page_lies_where_all_results_lie(
    targets: list[str], output: str | None, expected: str
) -> None:
    found = plan([], Wish())
    found.jobs = [Job(Path("x"), Path(target), "jpeg") for target in targets[:1]]
    found.kept = [Job(Path("y"), Path(target), "jpeg") for target in targets[1:]]

    started = start_sheet(found, Wish(output=Path(output) if output else None), NETWORK)

    assert started
    assert started.path == Path(expected)
    assert not started.side_by_side


def test_page_outside_of_the_current_folder_has_its_whole_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = pair("album/a.jpg", "album/a_color.jpg")
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")

    found = plan([Path("..") / job.source], Wish(mark=SIDE_BY_SIDE))
    started = start_sheet(found, Wish(mark=SIDE_BY_SIDE), NETWORK)

    assert started
    assert started.path == folder / "album" / "report.html"
    assert started.side_by_side


def test_without_results_there_is_no_page() -> None:
    found = plan([Path("none.jpg")], Wish())
    assert start_sheet(found, Wish(output=Path("out")), NETWORK) is None


def test_results_on_several_drives_need_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def several_drives(_: list[str]) -> str:
        raise ValueError("Paths don't have the same drive")

    pair("a.jpg", "out/a_color.jpg")
    monkeypatch.setattr(os.path, "commonpath", several_drives)

    with pytest.raises(UserError, match=r"^--report needs one folder .* with --output$"):
        start_sheet(plan([Path("a.jpg")], Wish()), Wish(), NETWORK)


def test_only_a_report_of_ours_is_replaced(folder: Path) -> None:
    pair("a.jpg", "a_color.jpg")
    inputs, file = [Path("a.jpg")], folder / "report.html"
    file.write_text("<p>mine</p>")

    with pytest.raises(UserError, match=r"^report\.html is there already, and no report of "):
        start_sheet(plan(inputs, Wish()), Wish(), NETWORK)
    assert start_sheet(plan(inputs, Wish()), Wish(overwrite=True), NETWORK)

    made = start_sheet(plan(inputs, Wish()), Wish(overwrite=True), NETWORK)
    assert made
    made.write([])
    assert GENERATOR in file.read_text()
    assert start_sheet(plan(inputs, Wish()), Wish(), NETWORK)

    file.unlink()
    file.mkdir()
    for overwrite in (False, True):
        with pytest.raises(UserError, match="which is a folder"):
            start_sheet(plan(inputs, Wish()), Wish(overwrite=overwrite), NETWORK)


def test_originals_of_what_is_there_are_known() -> None:
    job = pair("album/a.jpg", "album/a_color.jpg")

    found = plan([Path("album")], Wish(mark=COLORED))

    assert found.kept == [job]
    assert found.already_there == [job.target]


def test_page_that_cannot_be_written_is_told() -> None:
    Path("out").write_text("a file")

    with pytest.raises(UserError, match=r"^the report out.report\.html cannot be written: \w"):
        sheet().write([])
