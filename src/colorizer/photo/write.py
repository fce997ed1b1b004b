"""Write a coloured photograph, with what the original's file said about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from colorizer.color.lightness_tables import BYTE, WORD, Pixels
from colorizer.common.files import whole_file
from colorizer.images.convert import WIDE, to_rgb
from colorizer.photo.descriptions import save_options, tiff_tags
from colorizer.photo.formats import TIFF, WRITE_FORMATS
from colorizer.photo.read import Photo, sized_exif
from colorizer.photo.tiff import TiffMetadata, write_tiff


@dataclass(frozen=True)
class Output:
    """How to write a photograph.

    Attributes
    ----------
    format : str
        A key of :data:`colorizer.photo.formats.WRITE_FORMATS`.
    quality : int
        1 to 100, for JPEG, WebP, AVIF and HEIC.
    """

    format: str
    quality: int


def white_of(photo: Photo, output: Output) -> int:
    """Return the value of white in the written file: 65535 if it keeps 16 bits, else 255."""
    is_kept = output.format == TIFF and photo.space.writes_srgb
    return WORD if photo.image.mode == WIDE and is_kept else BYTE


def write_photo(
    path: Path, strips: Iterator[Pixels], size: tuple[int, int], photo: Photo, output: Output
) -> None:
    """Write a coloured photograph, whole or not at all.

    Parameters
    ----------
    path : Path
        The file to write.
    strips : iterator of ndarray
        What :func:`colorizer.photo.full_size.colored_strips` yields, with the white of
        :func:`white_of`.
    size : tuple of int
        Width and height of the written picture, in pixels.
    photo : Photo
        The original, for its metadata, profile and resolution.
    output : Output
        The format.

    Raises
    ------
    UserError
        If the disk is full or read-only.
    OSError, ValueError
        If the format cannot hold the photograph, or ``path`` cannot be written.
    """
    exif, profile = sized_exif(photo.exif, size), photo.space.written
    with whole_file(path) as partial:
        if output.format == TIFF:
            about = TiffMetadata(exif, profile, photo.dpi, tiff_tags(photo.words))
            write_tiff(partial, strips, size, about, photo.is_compressed)
            return
        canvas = canvas_of(photo, size, strips)
        format_ = WRITE_FORMATS[output.format]
        if not format_.has_alpha:
            canvas = to_rgb(canvas)
        if format_.max_exif_bytes is not None and len(exif) > format_.max_exif_bytes:
            exif = b""
        metadata = {"exif": exif, "icc_profile": profile, "dpi": photo.dpi}
        given = {name: value for name, value in metadata.items() if value}
        given |= save_options(photo.words, format_.pillow)
        quality = {"quality": output.quality} if format_.has_quality else {}
        canvas.save(partial, format_.pillow, **format_.options, **quality, **given)


def canvas_of(photo: Photo, size: tuple[int, int], strips: Iterator[Pixels]) -> Image.Image:
    """Assemble a coloured photograph from its strips.

    Parameters
    ----------
    photo : Photo
        The original.
    size : tuple of int
        Width and height of the result, in pixels.
    strips : iterator of ndarray
        (rows, width, C) uint8 from top to bottom, as :func:`write_photo` takes them.

    Returns
    -------
    Image
        Mode RGB, or RGBA if the original has transparency.
    """
    canvas, top = Image.new("RGBA" if photo.image.has_transparency_data else "RGB", size), 0
    for strip in strips:
        canvas.paste(Image.fromarray(strip), (0, top))
        top += len(strip)
    return canvas
