"""The names of photographs' files: apart from their decoders, which may change without them."""

from __future__ import annotations

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp")
