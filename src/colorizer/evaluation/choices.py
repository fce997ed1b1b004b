"""What the network's choices are worth: suggested colours, and several colourings."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor
from tqdm import tqdm

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.color.palette import PALETTE
from colorizer.data.shards import Shards
from colorizer.evaluation.metrics import Photograph, ciede2000, psnr
from colorizer.inference.encoded_photo import TorchEncodedPhoto
from colorizer.inference.params import PredictParams
from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.inference.suggestions import ALIKE, SUGGESTIONS, suggest_colors
from colorizer.inference.types import LikelyColors
from colorizer.inference.variants import VARIANTS, propose_variants
from colorizer.networks.hint_tensors import draw_places, patch_means
from colorizer.networks.hinted import HintedColorizer

Floats = npt.NDArray[np.float32]
Hits = npt.NDArray[np.bool_]
# Enough for a mean; shards are ordered by content hash, so the first are as good as any.
MOST_PHOTOGRAPHS, MOST_COLORED = 500, 100
PLACES = 32  # of each photograph


def measure_suggestions(
    model: HintedColorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    params: PredictParams,
    seed: int,
    device: torch.device,
) -> dict[str, float]:
    """Measure how often the true colour of a place is like a suggested one.

    "Like" is a CIEDE2000 of at most 10 at the place's own lightness.

    Parameters
    ----------
    model : HintedColorizer
        A trained network that knows how likely colours are; its training mode and device are
        changed.
    photographs : Shards or ndarray
        (n, size, size, 3) uint8 sRGB; at most the first 500 are used.
    params : PredictParams
        ``batch_size`` and ``mirror``.
    seed : int
        Seeds the choice of places.
    device : torch.device
        Where the network computes.

    Returns
    -------
    dict of str to float
        Shares of the places: ``first`` and ``five``, where the first or one of all suggestions is
        like the truth; ``predicted``, where the network's own colour is; and
        ``five_named_swatches``, where one of five colours of the page's palette is, those five
        that do best together on these very places.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    count = min(len(photographs), MOST_PHOTOGRAPHS)
    places = draw_places(count, PLACES, torch.Generator().manual_seed(seed))
    named_colors = [list(bytes.fromhex(color.removeprefix("#"))) for color in PALETTE.values()]
    swatches = lab_from_bytes(np.array([named_colors], np.uint8))[1:, 0].T.numpy()  # (n, 2)
    suggested, predicted, named = [], [], []
    with tqdm(desc="suggestions", total=count, unit="photograph") as bar:
        for start in range(0, count, params.batch_size):
            lab = lab_from_bytes(photographs[start : min(count, start + params.batch_size)])
            there = places[start : start + len(lab)]
            truth = _at(lab, there)  # (B * P, 3)
            encoded = EncodedPhotographs(model, lab[:, :1].to(device), params.mirror)
            classes, shares = encoded.likely_colors(there.to(device))
            likely = LikelyColors(classes.cpu().numpy(), shares.flatten(0, 1).cpu().numpy())
            own = encoded.decode(torch.empty(len(lab), 0, 4, device=device)).own.cpu()
            suggested.append(_hits(truth, suggest_colors(likely, SUGGESTIONS).ab))
            predicted.append(_hits(truth, _at(own, there)[:, None]))
            named.append(_hits(truth, np.repeat(swatches[None], len(truth), axis=0)))
            bar.update(len(lab))
    hits = np.concatenate(suggested)
    return {
        "first": _share(hits[:, 0]),
        "five": _share(hits.max(axis=1)),
        "predicted": _share(np.concatenate(predicted)[:, 0]),
        "five_named_swatches": _share(_best_together(np.concatenate(named), SUGGESTIONS)),
    }


def measure_variants(
    model: HintedColorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    params: PredictParams,
    saturation: float,
    device: torch.device,
) -> dict[str, float]:
    """Measure how much several colourings differ, and how near the best comes to the truth.

    Parameters
    ----------
    model, photographs, params, device
        As for :func:`measure_suggestions`; at most the first 100 photographs are used.
    saturation : float
        Factor for the chroma that the network itself predicts, at least 0.

    Returns
    -------
    dict of str to float
        ``ciede2000_between``, the mean over all pairs of a photograph's colourings; ``psnr_first``
        and ``psnr_best`` in dB, of the first colouring, which is what the network predicts, and of
        the one nearest to the truth. Means over the photographs.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    count = min(len(photographs), MOST_COLORED)
    rows = []
    for true in tqdm(photographs[:count], "variants", unit="photograph"):
        lab = lab_from_bytes(true[None])
        encoded = TorchEncodedPhoto(
            EncodedPhotographs(model, lab[:, :1].to(device), params.mirror), device
        )
        colored = [
            _colored(lab, encoded.decode(hints).at(saturation))
            for hints in propose_variants(encoded, VARIANTS)
        ]
        errors = [psnr(one, true) for one in colored]
        between = [ciede2000(*pair) for pair in combinations(colored, 2)]
        rows.append((float(np.mean(between)), errors[0], max(errors)))
    means = np.array(rows).mean(axis=0).round(6).tolist()
    return dict(zip(("ciede2000_between", "psnr_first", "psnr_best"), means, strict=True))


def _at(planes: Tensor, places: Tensor) -> Floats:
    """Return Lab or ab, (B, C, H, W), at places, (B, P, 2), as (B * P, C)."""
    found: Floats = patch_means(planes, places).flatten(0, 1).numpy()
    return found


def _hits(truth: Floats, colors: Floats) -> Hits:
    """Return which colours, (n, k, 2), are like the true Lab, (n, 3): (n, k)."""
    level = np.repeat(truth[:, None, :1], colors.shape[1], axis=1)
    lab = np.concatenate([level, colors], axis=-1)
    found: Hits = deltaE_ciede2000(truth[:, None], lab) <= ALIKE  # type: ignore[no-untyped-call]
    return found


def _best_together(hits: Hits, count: int) -> Hits:
    """Return which places, (n), the best ``count`` of the colours, (n, k), hit together."""
    choices = combinations(range(hits.shape[1]), count)
    together: list[Hits] = [hits[:, choice].max(axis=1) for choice in choices]
    return max(together, key=np.sum)


def _share(hits: Hits) -> float:
    return round(float(hits.mean()), 6)


def _colored(lab: Tensor, ab: Floats) -> Photograph:
    colored: Photograph = bytes_from_lab(torch.cat([lab[:, :1], torch.from_numpy(ab)[None]], 1))[0]
    return colored
