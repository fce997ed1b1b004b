from __future__ import annotations

import io

import pytest
from PIL import Image, features

from colorizer.images.file_kind import HEAD_BYTES, kind_of


@pytest.mark.parametrize(
    ("format_", "kind"),
    [
        ("JPEG", "a JPEG image"),
        ("PNG", "a PNG image"),
        ("GIF", "a GIF image"),
        ("BMP", "a BMP image"),
        ("WEBP", "a WebP image"),
        ("TIFF", "a TIFF image"),
        ("JPEG2000", "a JPEG 2000 image"),
        ("AVIF", "an AVIF image"),
        ("PPM", "a PNM image"),
        ("ICO", "a Windows icon"),
        ("PDF", "a PDF document"),
        ("EPS", "a PostScript document"),
        ("QOI", "a QOI image"),
    ],
)
def test_what_pillow_writes_is_named(format_: str, kind: str) -> None:
    if format_ == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow was built without AVIF")
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "olive").save(file, format_)

    assert kind_of(file.getvalue()[:HEAD_BYTES]) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (bytes(HEAD_BYTES), "filled with zeros"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", "a video (MP4 or QuickTime)"),
        (b"\xff\x0a\x00", "a JPEG XL image"),
        (b"II*\0\x10\0\0\0CR\x02\0", "a raw photograph (CR2)"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"PK\x03\x04\x14", "a ZIP archive, or a document that is one"),
        (b'<?xml version="1.0"?>\n<svg xmlns="', "an SVG drawing"),
        (b"<!DOCTYPE html><html>", "a web page"),
        ("Grüße aus dem Archiv".encode(), "text"),
        (b"\x01\x02\x03\x04", "of an unknown kind"),
    ],
)
def test_other_files_are_named(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def test_character_that_is_cut_off_does_not_hide_a_text() -> None:
    assert kind_of(("a" * (HEAD_BYTES - 1) + "ü").encode()[:HEAD_BYTES]) == "text"
