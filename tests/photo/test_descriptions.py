"""What a photograph's file says in words is kept, or what is lost is said."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin, features
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.descriptions import Descriptions, descriptions_of, lost_words
from colorizer.photo.formats import WRITE_FORMATS
from tests.photo_helpers import colorist, greys, opened

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="1">'
    b"Harbour</rdf:Description></x:xmpmeta>"
)
# By-line (2:80) and caption (2:120) of IPTC's Information Interchange Model.
IPTC = b"\x1c\x02\x50\x00\x03\xc3\x85s" + b"\x1c\x02\x78\x00\x07Harbour"


def app13(iptc: bytes) -> bytes:
    resource = b"8BIM" + struct.pack(">HHL", 0x0404, 0, len(iptc)) + iptc
    content = b"Photoshop 3.0\0" + resource + bytes(len(iptc) % 2)
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content


def source(folder: Path, format_: str) -> Path:
    """Write a photograph that says all that its format can say."""
    path = folder / f"old{WRITE_FORMATS[format_].suffixes[0]}"
    image = greys(64, 48)
    if format_ == "jpeg":
        image.save(path, comment=b"Pier", xmp=XMP, extra=app13(IPTC))
    elif format_ == "png":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Title", "Harbour 1931")
        texts.add_text("Author", "Åse Ødegård, 東京")  # no Latin-1
        texts.add_text("Comment", "Pier")
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        image.save(path, pnginfo=texts)
    elif format_ == "tiff":
        tags = ImageFileDirectory_v2()
        for tag, value in ((700, XMP), (33723, IPTC)):
            tags[tag], tags.tagtype[tag] = value, 7
        image.save(path, tiffinfo=tags)
    else:
        image.convert("RGB").save(path, xmp=XMP)
    return path


def words_of(path: Path) -> Descriptions:
    with Image.open(path) as image:
        image.load()
        return descriptions_of(image)


@pytest.fixture(scope="module")
def painter() -> PhotoColorist:
    return colorist()


@pytest.mark.parametrize("format_", ["jpeg", "png", "tiff", "webp", "avif"])
def test_same_format_keeps_all(tmp_path: Path, painter: PhotoColorist, format_: str) -> None:
    if format_ == "avif" and not features.check("avif"):
        pytest.skip("Pillow was built without AVIF")
    old = source(tmp_path, format_)
    new = tmp_path / f"new{old.suffix}"

    lost = painter.colorize(old, new, format_)

    before, after = words_of(old), words_of(new)
    assert before.xmp == XMP
    assert after == before
    assert not [note for note in lost if "cannot be kept" in note]


@pytest.mark.parametrize(
    ("format_", "target", "lost"),
    [
        ("jpeg", "png", ["its IPTC cannot be kept; --format tiff keeps it"]),
        ("jpeg", "tiff", ["its comment cannot be kept; --format jpeg or png keeps it"]),
        (
            "png",
            "jpeg",
            ["its texts (Title, Author, Comment) cannot be kept; --format png keeps "],
        ),
        ("tiff", "jpeg", []),
        ("tiff", "webp", ["its IPTC cannot be kept; --format tiff keeps it"]),
        ("jpeg", "jp2", ["its XMP cannot be kept", "its IPTC cannot be kept"]),
    ],
)
def test_what_another_format_cannot_keep_is_said(
    tmp_path: Path, painter: PhotoColorist, format_: str, target: str, lost: list[str]
) -> None:
    new = tmp_path / f"new{WRITE_FORMATS[target].suffixes[0]}"

    notes = painter.colorize(source(tmp_path, format_), new, target)

    said = [note for note in notes if "cannot be kept" in note]
    assert len(said) == len(lost)
    assert all(note.startswith(start) for note, start in zip(said, lost, strict=True))
    if target != "jp2":
        assert words_of(new).xmp == XMP


@pytest.mark.parametrize("order", ["<", ">"])
def test_iptc_in_longs_is_that_in_bytes(
    tmp_path: Path, painter: PhotoColorist, order: Any
) -> None:
    padded = IPTC + bytes(-len(IPTC) % 4)
    longs = struct.unpack(f"{order}{len(padded) // 4}L", padded)
    tag = (33723, 4, len(longs), longs, True)
    pixels = np.asarray(greys(64, 48))
    tifffile.imwrite(
        tmp_path / "old.tif", pixels, photometric="minisblack", byteorder=order, extratags=[tag]
    )

    painter.colorize(tmp_path / "old.tif", tmp_path / "new.tif", "tiff")

    assert words_of(tmp_path / "new.tif").iptc == padded


def test_comment_of_a_jpeg_becomes_a_text_of_a_png(tmp_path: Path, painter: PhotoColorist) -> None:
    painter.colorize(source(tmp_path, "jpeg"), tmp_path / "new.png", "png")

    assert words_of(tmp_path / "new.png").texts == {"Comment": "Pier"}


@pytest.mark.parametrize(
    "turned", [b'tiff:Orientation="6"', b"<tiff:Orientation>6</tiff:Orientation>"]
)
def test_xmp_says_that_the_result_is_upright(turned: bytes) -> None:
    file = io.BytesIO()
    greys(64, 48).save(file, "JPEG", xmp=XMP.replace(b'tiff:Orientation="1"', turned))
    with Image.open(file) as image:
        words = descriptions_of(image)

    assert turned.replace(b"6", b"1") in words.xmp


def test_what_is_too_large_for_a_jpeg_is_said() -> None:
    words = Descriptions(comment=bytes(70_000), xmp=bytes(70_000), iptc=bytes(70_000))

    assert [note.split(" cannot")[0] for note in lost_words(words, "JPEG")] == [
        "its comment",
        "its XMP",
        "its IPTC",
    ]


def test_photograph_without_words_has_none(tmp_path: Path) -> None:
    greys(64, 48).save(tmp_path / "old.png")

    assert words_of(tmp_path / "old.png") == Descriptions()
    assert opened(tmp_path / "old.png").size == (64, 48)
