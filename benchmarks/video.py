"""Flicker of coloured clips, what smoothing costs where things move, and time.

    python -m benchmarks.video [--split val] [--seconds 0 0.1 0.2 0.4 0.8 1.6 3.2]

Clips of 2 seconds, 640x480, with new film grain in each frame, are made from photographs of a
split of the sample: the camera stands still, pans, zooms in, or stands still while an object moves
through the picture. Needs the split and the network that `dvc repro` makes.

The first table has a row for each time constant of smoothing, with means over all photographs:

- flicker: mean change of ab from frame to frame, in CIELAB units, where nothing moves
- still, pan, zoom, thing: PSNR in dB of the coloured frames, at the true lightness and at the size
  that the network sees; for `thing`, where the object is or has been. Saturation is 1.

The second table has processor time per frame, over all cores, for each part and for the whole,
from file to file; frames per second depend on other load on the machine.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import perf_counter, process_time

import av
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from colorizer.cli.video import SMOOTHING
from colorizer.color.icc import ColorSpace
from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.evaluation.metrics import psnr_from_mse
from colorizer.networks.devices import pick_device
from colorizer.networks.files import CHECKPOINT
from colorizer.predictors.torch_predictor import TorchPredictor, load_torch_predictor
from colorizer.video.colorist import VideoColorist, motion_lightness
from colorizer.video.luma import Coding, chroma_of, greys_of
from colorizer.video.smoothing import ChromaSmoother

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLE, INDEX = REPOSITORY / "data/sample", REPOSITORY / "data/prepared/index.csv"
SIZE, RATE, FRAMES = (640, 480), 25, 50
GRAIN = 6.0
KINDS = ("still", "pan", "zoom", "thing")
WHITE = 245  # cut-outs in the sample have a white ground
CODING = Coding(8, False, 0.299, 0.114)


@dataclass
class Scores:
    """One number per frame of one kind of clip, with one time constant."""

    flicker: list[float]
    mse: list[float]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--split", default="val", choices=["train", "val", "test"])
    parser.add_argument("--photographs", type=int, default=10, help="at most this many scenes")
    parser.add_argument(
        "--seconds", type=float, nargs="+", default=[0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    )
    parser.add_argument("--checkpoint", type=Path, default=REPOSITORY / CHECKPOINT)
    arguments = parser.parse_args()
    network = load_torch_predictor(arguments.checkpoint, pick_device("auto"), mirror=False)
    table = pd.read_csv(INDEX)
    files = table.loc[table["split"] == arguments.split, "file"]
    scenes = [Image.open(SAMPLE / file).convert("RGB") for file in files if "scenes/" in file]
    things = [Image.open(SAMPLE / file).convert("RGB") for file in files if "objects/" in file]
    scenes = scenes[: arguments.photographs]
    _print_smoothing(network, scenes, things, arguments.seconds)
    _print_times(network, scenes[0])


def frames_of(
    kind: str, scene: Image.Image, thing: Image.Image, count: int = FRAMES
) -> Iterator[tuple[Image.Image, npt.NDArray[np.bool_]]]:
    """Yield colour frames, and where the object is, (H, W) bool."""
    width, height = scene.size
    scale = min(width / SIZE[0], height / SIZE[1])
    mask = (np.asarray(thing).min(axis=-1) < WHITE).astype(np.uint8) * 255
    small = (SIZE[1] // 2 * thing.width // thing.height, SIZE[1] // 2)
    thing, shape = thing.resize(small), Image.fromarray(mask).resize(small)
    for number in range(count):
        share = number / (count - 1)
        half = np.array(SIZE) * scale * 0.45
        left = width / 2
        if kind == "pan":
            half *= 0.7
            left = half[0] + share * (width - 2 * half[0])
        if kind == "zoom":
            half *= 1 - 0.5 * share
        box = (left - half[0], height / 2 - half[1], left + half[0], height / 2 + half[1])
        frame = scene.resize(SIZE, Image.Resampling.BICUBIC, box=box)
        where = Image.new("L", SIZE)
        if kind == "thing":
            place = (round(share * (SIZE[0] + small[0])) - small[0], SIZE[1] // 4)
            frame.paste(thing, place, shape)
            where.paste(shape, place)
        yield frame, np.asarray(where) > 0


def grainy(frame: Image.Image, generator: np.random.Generator) -> Image.Image:
    """Return a frame's greys with fresh grain."""
    greys = np.asarray(frame.convert("L")).astype(np.float32)
    greys += generator.standard_normal(greys.shape, np.float32) * GRAIN
    return Image.fromarray(greys.clip(0, 255).round().astype(np.uint8))


def _print_smoothing(
    network: TorchPredictor,
    scenes: list[Image.Image],
    things: list[Image.Image],
    taus: list[float],
) -> None:
    scores = {(tau, kind): Scores([], []) for tau in taus for kind in KINDS}
    for number, scene in enumerate(scenes):
        for kind in KINDS:
            _measure(network, kind, scene, things[number % len(things)], scores, taus)
    print(f"{'time constant, s':18}{'flicker':>10}" + "".join(f"{kind:>10}" for kind in KINDS))
    for tau in taus:
        psnr = [psnr_from_mse(float(np.mean(scores[tau, kind].mse))) for kind in KINDS]
        flicker = np.mean(scores[tau, "still"].flicker)
        print(f"{tau:<18g}{flicker:10.3f}" + "".join(f"{value:10.2f}" for value in psnr))


def _measure(
    network: TorchPredictor,
    kind: str,
    scene: Image.Image,
    thing: Image.Image,
    scores: dict[tuple[float, str], Scores],
    taus: list[float],
) -> None:
    generator = np.random.default_rng(0)
    smoothers = {tau: ChromaSmoother(tau) for tau in taus}
    before: dict[float, Tensor] = {}
    touched = np.zeros(SIZE[::-1], bool)
    for frame, where in frames_of(kind, scene, thing):
        greys = grainy(frame, generator)
        predicted = torch.from_numpy(network.predict(greys, ColorSpace()).at(1.0))[None]
        size = predicted.shape[2:]
        small = frame.resize((size[1], size[0]), Image.Resampling.LANCZOS)
        truth = lab_from_bytes(np.asarray(small)[None])
        touched |= where
        counted = np.ones(size, bool)
        if kind == "thing":
            seen = Image.fromarray(touched).resize((size[1], size[0]))
            counted = np.asarray(seen)
        for tau, smoother in smoothers.items():
            ab = smoother.smooth(motion_lightness(greys, size), predicted, 1 / RATE)
            coloured = bytes_from_lab(torch.cat([truth[:, :1], ab], dim=1)).astype(float)
            error = ((coloured - np.asarray(small)) ** 2)[0][counted]
            if error.size:
                scores[tau, kind].mse.append(float(error.mean()) / 255**2)
            if tau in before:
                change = float((ab - before[tau]).norm(dim=1).mean())
                scores[tau, kind].flicker.append(change)
            before[tau] = ab


def _print_times(network: TorchPredictor, scene: Image.Image) -> None:
    generator = np.random.default_rng(0)
    coloured = [frame for frame, _ in frames_of("pan", scene, scene)]
    frames = [grainy(frame, generator) for frame in coloured]
    smoother = ChromaSmoother(SMOOTHING)
    parts = dict.fromkeys(("network, mirrored too", "network", "smoothing", "chroma"), 0.0)

    def timed(name: str, started: float) -> None:
        parts[name] += (process_time() - started) / len(frames)

    for frame in frames:
        for mirror in (True, False):
            started = process_time()
            predicted = replace(network, mirror=mirror).predict(frame, ColorSpace()).at(1.0)
            timed("network, mirrored too" if mirror else "network", started)
        started = process_time()
        lightness = motion_lightness(frame, predicted.shape[1:])
        smooth = smoother.smooth(lightness, torch.from_numpy(predicted)[None], 1 / RATE)
        timed("smoothing", started)
        luma = np.asarray(frame)
        started = process_time()
        greys_of(luma, CODING)
        chroma_of(luma, smooth[0].numpy(), CODING, is_halved=True)
        timed("chroma", started)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "clip.mp4"), Path(folder, "coloured.mp4")
        _encode(source, frames)
        started, began = process_time(), perf_counter()
        VideoColorist(network, 1.0, SMOOTHING).colorize(source, target)
        whole, passed = process_time() - started, perf_counter() - began
    print(f"\n{'part':30}{'CPU s/frame':>14}")
    for name, seconds in parts.items():
        print(f"{name:30}{seconds:14.4f}")
    whole /= len(frames)
    counted = sum(list(parts.values())[1:])
    print(f"{'reading, encoding, writing':30}{whole - counted:14.4f}")
    print(f"{'all, not mirrored':30}{whole:14.4f}    {len(frames) / passed:.1f} frames/s")


def _encode(path: Path, frames: list[Image.Image]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "18"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, frame in enumerate(frames):
            pixels = np.asarray(frame.convert("RGB"))
            video = av.VideoFrame.from_ndarray(pixels, "rgb24")
            video.pts, video.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(video))
        container.mux(stream.encode())


if __name__ == "__main__":
    main()
