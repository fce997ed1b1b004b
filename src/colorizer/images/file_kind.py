"""What a file is that is not an image that can be read, by its first bytes."""

from __future__ import annotations

import re

# Enough for every signature below.
HEAD_BYTES = 1024
_BRANDS = {  # of ISO base media files, in bytes 8 to 12
    b"avif": "an AVIF image",
    b"avis": "an AVIF sequence",
    b"heic": "a HEIC image",
    b"heix": "a HEIC image",
    b"hevc": "a HEIC sequence",
    b"mif1": "a HEIF image",
    b"msf1": "a HEIF sequence",
    b"crx ": "a raw photograph (CR3)",
}
_SIGNATURES = (
    (rb"\xff\xd8\xff", "a JPEG image"),
    (rb"\x89PNG", "a PNG image"),
    (rb"GIF8", "a GIF image"),
    (rb"BM.{4}\0{4}", "a BMP image"),
    (rb"RIFF.{4}WEBP", "a WebP image"),
    (rb"RIFF.{4}AVI ", "a video (AVI)"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "a JPEG XL image"),
    (rb"II\x2a\0.{4}CR", "a raw photograph (CR2)"),
    (rb"IIRO|IIRS|IIU\0|FUJIFILMCCD-RAW", "a raw photograph"),
    (rb"II\x2a\0|MM\0\x2a|II\x2b\0|MM\0\x2b", "a TIFF image"),
    (rb"8BPS", "a Photoshop document"),
    (rb"gimp xcf", "a GIMP document"),
    (rb"%PDF-", "a PDF document"),
    (rb"%!PS", "a PostScript document"),
    (rb"\xc5\xd0\xd3\xc6", "an EPS document"),
    (rb"P[1-7]\s", "a PNM image"),
    (rb"\x76\x2f\x31\x01", "an OpenEXR image"),
    (rb"#\?RADIANCE|#\?RGBE", "a Radiance HDR image"),
    (rb"\0\0[\x01\x02]\0", "a Windows icon"),
    (rb"qoif", "a QOI image"),
    (rb"PK\x03\x04", "a ZIP archive, or a document that is one"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (rb"Rar!\x1a\x07", "a RAR archive"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"\x1aE\xdf\xa3", "a video (Matroska or WebM)"),
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", "an SVG drawing"),
    (rb"\s*(<!doctype html|<html|<head|<body)", "a web page"),
    (rb"\0+$", "filled with zeros"),
)


def kind_of(head: bytes) -> str:
    """Return what a file is, such as "a PDF document", or "of an unknown kind".

    Parameters
    ----------
    head : bytes
        Its first :data:`HEAD_BYTES`, or all if it is shorter.
    """
    if not head:
        return "empty"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video (MP4 or QuickTime)")
    for signature, kind in _SIGNATURES:
        if re.match(signature, head, re.DOTALL | re.IGNORECASE):
            return kind
    return "text" if _is_text(head) else "of an unknown kind"


def _is_text(head: bytes) -> bool:
    try:
        text = head[: HEAD_BYTES - 4].decode()  # a character may be cut off at the end
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
