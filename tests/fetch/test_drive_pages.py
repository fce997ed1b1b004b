from __future__ import annotations

import pytest

from colorizer.fetch.drive_pages import Form, is_page, read_page

PAGE = b"""<!doctype html><HTML><head><title>A &amp; <!-- no --> B</title>
<script>var text = "unseen";</script></head><body><p>One<br>two &#39;three&#39;
<form id="a" action="/go?x=1&amp;y=2"><input type="hidden" name="n" value="&lt;v&gt;">
<input type="hidden" name="empty"><input type="text" name="typed" value="t"></form>
<input type="hidden" name="outside" value="o"><form><input type=hidden name=b value=2>"""


def test_page_is_read() -> None:
    page = read_page(PAGE)

    assert page.title == "A & B"
    assert page.text == "One two 'three'"
    assert page.forms == {
        "a": Form("/go?x=1&y=2", {"n": "<v>", "empty": ""}),
        "": Form("", {"b": "2"}),
    }


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe", b"<", b"<title>", b"</form>", b"no tag"]
)
def test_anything_can_be_read(content: bytes) -> None:
    page = read_page(content)

    assert page.title == ""
    assert page.forms == {}


@pytest.mark.parametrize("content", [PAGE, b"\n <html>", b"\xef\xbb\xbf<!-- x -->", b"<?xml?>"])
def test_pages_are_known_by_how_they_begin(content: bytes) -> None:
    assert is_page(content)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04<html>", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ", b"a.jpg\0\0\0"]
)
def test_archives_are_no_pages(content: bytes) -> None:
    assert not is_page(content)
