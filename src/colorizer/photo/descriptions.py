"""What a photograph's file says in words, besides EXIF: comments, PNG's texts, XMP and IPTC."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

XMP_TAG, IPTC_TAG = 700, 33723  # of a TIFF
XMP_KEYWORD = "XML:com.adobe.xmp"  # of a PNG
# Photoshop's name for IPTC among its resources in a JPEG.
_PHOTOSHOP, _IPTC_RESOURCE = b"Photoshop 3.0\0", 0x0404
_RAW_PROFILE = "Raw profile type "  # other metadata, which some programs hide in texts
_MOST_IN_SEGMENT = 65533  # bytes of a JPEG's segment
_XMP_HEAD_BYTES = 29
# The photograph is upright when it is written.
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:\s*=\s*[\"']|>\s*))[2-8]")


@dataclass(frozen=True)
class Descriptions:
    """The words of one file.

    Attributes
    ----------
    comment : bytes
        Of a JPEG, GIF or JPEG 2000.
    texts : mapping
        Of a PNG, by keyword.
    xmp : bytes
        An XMP packet, with the photograph upright.
    iptc : bytes
        IPTC's Information Interchange Model, as it is stored.
    """

    comment: bytes = b""
    texts: Mapping[str, str] | None = None
    xmp: bytes = b""
    iptc: bytes = b""


def descriptions_of(image: Image.Image) -> Descriptions:
    """Return the words of a decoded image."""
    info = image.info
    comment = info.get("comment", b"")
    texts = getattr(image, "text", {}) if image.format == "PNG" else {}
    kept = {
        keyword: text
        for keyword, text in texts.items()
        if keyword != XMP_KEYWORD and not keyword.startswith(_RAW_PROFILE)
    }
    xmp = info.get("xmp") or texts.get(XMP_KEYWORD) or b""
    iptc: Any = b""
    if isinstance(image, TiffImageFile):
        xmp, iptc = (_tag_bytes(image, tag) for tag in (XMP_TAG, IPTC_TAG))
    elif image.format in ("JPEG", "MPO"):
        iptc = (info.get("photoshop") or {}).get(_IPTC_RESOURCE, b"")
    return Descriptions(
        _as_bytes(comment),
        kept or None,
        _XMP_ORIENTATION.sub(rb"\g<1>1", _as_bytes(xmp)),
        _as_bytes(iptc),
    )


def save_options(words: Descriptions, format_: str) -> dict[str, Any]:
    """Return what Pillow's ``save`` is given so that a format keeps what it can.

    Parameters
    ----------
    words : Descriptions
        What to keep.
    format_ : str
        Pillow's name of the format; TIFF is written by other means, see :func:`tiff_tags`.
    """
    options: dict[str, Any] = {}
    kept = _kept_by(format_, words)
    if "comment" in kept and format_ != "PNG":
        options["comment"] = words.comment
    if format_ == "PNG":
        options["pnginfo"] = _png_texts(words)
    elif "XMP" in kept:
        options["xmp"] = words.xmp
    if "IPTC" in kept and format_ == "JPEG":
        options["extra"] = b"\xff\xed" + _iptc_segment(words.iptc)
    return options


def tiff_tags(words: Descriptions) -> dict[int, bytes]:
    """Return the tags of a TIFF that keep what it can keep."""
    tags = {XMP_TAG: words.xmp, IPTC_TAG: words.iptc}
    return {tag: value for tag, value in tags.items() if value}


def lost_words(words: Descriptions, format_: str) -> list[str]:
    """Return what a format, by Pillow's name, cannot keep, in words for the user."""
    kept = _kept_by(format_, words)
    lost = []
    if words.comment and "comment" not in kept:
        lost.append("its comment cannot be kept; --format jpeg or png keeps it")
    if words.texts and "texts" not in kept:
        names = ", ".join(words.texts)
        lost.append(f"its texts ({names}) cannot be kept; --format png keeps them")
    if words.xmp and "XMP" not in kept:
        lost.append("its XMP cannot be kept; --format tiff keeps it")
    if words.iptc and "IPTC" not in kept:
        lost.append("its IPTC cannot be kept; --format tiff keeps it")
    return lost


def _kept_by(format_: str, words: Descriptions) -> set[str]:
    kept = {
        "JPEG": {"comment", "XMP", "IPTC"},
        "PNG": {"comment", "texts", "XMP"},
        "TIFF": {"XMP", "IPTC"},
        "WEBP": {"XMP"},
        "AVIF": {"XMP"},
        "HEIF": {"XMP"},
        "JPEG2000": {"comment"},
    }.get(format_, set())
    if format_ == "JPEG":
        sizes = {
            "comment": len(words.comment),
            "XMP": len(words.xmp) + _XMP_HEAD_BYTES,
            "IPTC": len(_iptc_segment(words.iptc)),
        }
        kept = {name for name in kept if sizes[name] <= _MOST_IN_SEGMENT}
    return kept


def _png_texts(words: Descriptions) -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    for keyword, text in (words.texts or {}).items():
        texts.add_text(keyword, text)
    if words.comment and "Comment" not in (words.texts or {}):
        texts.add_text("Comment", words.comment.decode("utf-8", "replace"))
    if words.xmp:
        texts.add_itxt(XMP_KEYWORD, words.xmp.decode("utf-8", "replace"))
    return texts


def _iptc_segment(iptc: bytes) -> bytes:
    """Return IPTC as Photoshop's resource in a JPEG's segment, with the segment's length."""
    resource = struct.pack(">4sH2xL", b"8BIM", _IPTC_RESOURCE, len(iptc)) + iptc
    content = _PHOTOSHOP + resource + bytes(len(iptc) % 2)
    return struct.pack(">H", min(len(content) + 2, 0xFFFF)) + content


def _tag_bytes(image: TiffImageFile, tag: int) -> bytes:
    # As they are stored: Photoshop calls IPTC's bytes LONGs, of which Pillow gives the first.
    stored = getattr(image.tag_v2, "_tagdata", {}).get(tag, b"")
    return _as_bytes(stored)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""
