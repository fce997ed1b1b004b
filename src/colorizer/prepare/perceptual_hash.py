"""How near-duplicates are recognised: by perceptual hashes, and a thumbnail to confirm them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

HASH_BITS = 64
# What imagehash.phash resizes to anyway: done once, for the photograph and its mirror image.
_HASH_INPUT = (32, 32)
THUMBNAIL_SIDE = 8


class Fingerprint(NamedTuple):
    """What is kept of a photograph to find its near-duplicates."""

    phash: int  # 64 bits
    mirrored: int  # the same for its mirror image
    thumbnail: npt.NDArray[np.float16]  # (3, 8, 8)


class Fingerprints(NamedTuple):
    """Fingerprints of many photographs, which take less memory together."""

    phashes: npt.NDArray[np.uint64]  # (n,)
    mirrored: npt.NDArray[np.uint64]  # (n,)
    thumbnails: npt.NDArray[np.float16]  # (n, 3, 8, 8)

    @classmethod
    def of(cls, fingerprints: Sequence[Fingerprint]) -> Fingerprints:
        """Collect the fingerprints of single photographs."""
        shape = (3, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        return cls(
            np.array([one.phash for one in fingerprints], dtype=np.uint64),
            np.array([one.mirrored for one in fingerprints], dtype=np.uint64),
            np.array([one.thumbnail for one in fingerprints], np.float16).reshape(-1, *shape),
        )


def fingerprint(pixels: npt.NDArray[np.uint8], lab: npt.NDArray[np.float32]) -> Fingerprint:
    """Describe a photograph by the perceptual hash of its lightness, and by its colours.

    Parameters
    ----------
    pixels : ndarray
        (size, size, 3) uint8 sRGB; ``size`` is at least 8.
    lab : ndarray
        (3, size, size) float32, the same photograph in CIELAB.
    """
    small = Image.fromarray(pixels).convert("L").resize(_HASH_INPUT, Image.Resampling.LANCZOS)
    mirror = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return Fingerprint(_bits(small), _bits(mirror), _thumbnail(lab))


def correlation(
    one: npt.NDArray[np.float16], other: npt.NDArray[np.float16]
) -> npt.NDArray[np.float32]:
    """Return the correlation of thumbnails, the better of straight and mirrored.

    Parameters
    ----------
    one, other : ndarray
        (n, 3, 8, 8) float16, pairs by position.

    Returns
    -------
    ndarray
        (n,) float32 in [-1, 1]; 1 for a copy, whatever its brightness.
    """
    left, right = one.astype(np.float32), other.astype(np.float32)
    straight = np.einsum("nchw,nchw->n", left, right)
    best: npt.NDArray[np.float32] = np.maximum(
        straight, np.einsum("nchw,nchw->n", left, right[..., ::-1])
    )
    return best


def _bits(image: Image.Image) -> int:
    packed = np.packbits(imagehash.phash(image).hash.ravel())
    return int.from_bytes(packed.tobytes(), "big")


def _thumbnail(lab: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    # Lightness loses its mean and all is scaled to unit norm, so that a change of brightness or
    # contrast does not matter.
    side = lab.shape[-1]
    edges = np.linspace(0, side, THUMBNAIL_SIDE + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(lab, edges, axis=1), edges, axis=2)
    counts = np.diff(np.append(edges, side))
    small = sums / (counts[:, None] * counts[None, :])
    small[0] -= small[0].mean()
    norm = np.linalg.norm(small)
    scaled: npt.NDArray[np.float16] = (small / norm if norm > 0 else small).astype(np.float16)
    return scaled
