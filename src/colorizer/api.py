"""Colour photographs from Python, by the code that the commands use; see :func:`load`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    from colorizer.photo.colorist import PhotoColorist
    from colorizer.photo.read import Photo

    Array: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

# What is slow to import is imported when it is used: every command imports this module.

# x and y in pixels from the upper left corner, the colour there as #RRGGBB, and perhaps how far it
# counts in pixels.
Hint: TypeAlias = tuple[int, int, str] | tuple[int, int, str, int]


@dataclass(frozen=True)
class Colorist:
    """A network, ready to colour photographs; :func:`load` makes one.

    Attributes
    ----------
    network : str
        What to call the network: its path, unless it is the general one.
    takes_hints : bool
        Whether it follows hints.
    """

    network: str
    takes_hints: bool
    _colorist: PhotoColorist

    @overload
    def colorize(
        self,
        image: Image.Image | Path | str,
        hints: Sequence[Hint] = ...,
        saturation: float | None = ...,
    ) -> Image.Image: ...

    @overload
    def colorize(
        self, image: Array, hints: Sequence[Hint] = ..., saturation: float | None = ...
    ) -> npt.NDArray[np.uint8]: ...

    def colorize(
        self, image: Any, hints: Sequence[Hint] = (), saturation: float | None = None
    ) -> Any:
        """Colour a photograph at its own size; its lightness stays.

        Parameters
        ----------
        image : Image, Path, str or ndarray
            A Pillow image of any mode but floating point, upright or with an EXIF orientation;
            the path of a file; or an array, (H, W) uint8 or uint16, or (H, W, 3) uint8, in sRGB.
            A path serves TIFFs best: Pillow by itself misreads greys of 12 or 32 bits.
        hints : sequence of tuple
            Known colours: x and y in pixels of the upright photograph, ``#RRGGBB``, and, if the
            network is not to decide that itself, how far it counts, in pixels.
        saturation : float or None
            Factor for the predicted chroma, 0 to 10; by default what the network's validation
            photographs allow.

        Returns
        -------
        Image or ndarray
            The photograph in colour. For an array: (H, W, 3) uint8, sRGB. Otherwise an image,
            mode RGB, or RGBA if there is transparency, with its ICC profile in
            ``info["icc_profile"]`` unless it is sRGB, so that ``save`` writes it.

        Raises
        ------
        TypeError, ValueError
            If the image is of another kind, or a hint has another form or is outside.
        UserError
            If the network takes no hints, or the saturation is out of range.
        UnreadableImageError
            If there is no photograph in the file.

        Examples
        --------
        >>> import numpy as np
        >>> grey = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
        >>> colored = load().colorize(grey, hints=[(10, 20, "#c8553d")])
        >>> colored.shape, colored.dtype
        ((48, 64, 3), dtype('uint8'))
        """
        import numpy as np

        from colorizer.photo.hints import parse_hint
        from colorizer.predictors.load import require_saturation

        colorist = self._colorist
        if saturation is not None:
            require_saturation(saturation)
            colorist = replace(colorist, saturation=float(saturation))
        known = [parse_hint(",".join(map(str, hint))) for hint in hints]
        photo = _photo_of(image)
        colored = colorist.picture(photo, known)
        if isinstance(image, np.ndarray):
            return np.asarray(colored)
        if photo.space.written:
            colored.info["icc_profile"] = photo.space.written
        return colored


def load(path: Path | str | None = None) -> Colorist:
    """Load a network.

    Parameters
    ----------
    path : Path, str or None
        A checkpoint, which takes torch (the extra ``train``), or an ONNX file from ``colorizer
        export``; by default the general network, which comes with the package.

    Raises
    ------
    UserError
        If the file cannot be used, or a package is missing.

    Examples
    --------
    >>> load().network
    'general (comes with colorizer)'
    """
    from colorizer.networks.files import GENERAL, name_of
    from colorizer.photo.colorist import PhotoColorist
    from colorizer.photo.formats import QUALITY
    from colorizer.predictors.load import load_predictor

    file = GENERAL if path is None else Path(path)
    network, saturation = load_predictor(file, {})
    colorist = PhotoColorist(network, saturation, QUALITY, side_by_side=False)
    return Colorist(name_of(file), network.takes_hints, colorist)


def _photo_of(image: Any) -> Photo:
    import numpy as np
    from PIL import Image

    from colorizer.photo.read import as_photo, read_photo

    if isinstance(image, str | Path):
        return read_photo(Path(image))
    if isinstance(image, Image.Image):
        return as_photo(image)
    if not isinstance(image, np.ndarray):
        raise TypeError(f"image must be a Pillow image, a path or an array, got {type(image)}")
    is_grey = image.ndim == 2 and image.dtype in (np.uint8, np.uint16)
    is_color = image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8
    if not (is_grey or is_color) or not image.size:
        raise ValueError(
            "an array must be (H, W), uint8 or uint16, or (H, W, 3), uint8, "
            f"got {image.shape}, {image.dtype}"
        )
    return as_photo(Image.fromarray(image))
