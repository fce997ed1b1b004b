"""Torch and ONNX Runtime side by side: start, prediction and memory.

    python -m benchmarks.runtimes [--threads 1 2] [--rounds 10]

The default network, whose weights do not matter here, is exported and run by both. Each runs in
separate processes, with the same number of threads, and they take turns, so that other load on the
machine slows both; the fastest time counts:

- start: until the network is loaded, Python and imports included
- colorizer photo: a whole run of the command for one photograph with 0.1 megapixels
- a prediction: the cost of a photograph seen at this size, its mirror image included; torch's
  tensors are in channels_last
- memory: the peak resident set after one prediction, and after those at all sizes
- ratio: torch's figure divided by ONNX Runtime's

Linux only. Needs: pip install -e ".[export]"
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.colorize import make_photograph

REPOSITORY = Path(__file__).resolve().parent.parent
NAMES = ("net.safetensors", "net.onnx")
SIZES = ((192, 192), (192, 288), (384, 384), (512, 512))
TRAINED_SIZE, SCALE = 128, 1.5  # as in params.yaml
STARTS = 3

Floats = npt.NDArray[np.float32]
Predict = Callable[[Floats], object]


def make_network(folder: Path) -> None:
    """Write the default network, untrained, as a checkpoint and as ONNX."""
    import pandas as pd
    import torch

    from colorizer.networks.checkpoint import save_checkpoint
    from colorizer.networks.unet import UNet
    from colorizer.predictors.onnx_export import describe, export_onnx

    torch.manual_seed(0)
    model = UNet()
    torch.nn.init.normal_(model.to_ab.weight, std=6)
    model.scale.fill_(SCALE)
    vividness = {"saturation": [1.0], "psnr": [20.0], "colorfulness": [0.5], "photographs": [100]}
    checkpoint, onnx = (folder / name for name in NAMES)
    save_checkpoint(checkpoint, "unet", TRAINED_SIZE, model.state_dict(), pd.DataFrame(vividness))
    differences = export_onnx(*describe(checkpoint), onnx, opset=18)
    print(f"ab of both agree {differences}\n", flush=True)


def serve(file: Path) -> None:
    """Load a network, print its number of threads, and predict at each size read from stdin."""
    predict, threads = _with_onnx(file) if file.suffix == ".onnx" else _with_torch(file)
    print(json.dumps(threads), flush=True)
    generator = np.random.default_rng(0)
    for line in sys.stdin:
        lightness = generator.uniform(0, 100, (1, 1, *json.loads(line))).astype(np.float32)
        started = perf_counter()
        predict(lightness)
        print(json.dumps([perf_counter() - started, _peak_mb()]), flush=True)


def _with_torch(file: Path) -> tuple[Predict, int]:
    import torch

    from colorizer.inference.predict_with_hints import EncodedPhotographs
    from colorizer.predictors.torch_predictor import load_torch_predictor

    model = load_torch_predictor(file, torch.device("cpu")).model

    def predict(lightness: Floats) -> object:
        return EncodedPhotographs(model, torch.from_numpy(lightness), mirror=True).decode(
            torch.empty(1, 0, 4)
        )

    return predict, torch.get_num_threads()


def _with_onnx(file: Path) -> tuple[Predict, int]:
    from colorizer.predictors.onnx_predictor import load_onnx_predictor

    network = load_onnx_predictor(file)

    def predict(lightness: Floats) -> object:
        return network.predict_lightness(lightness, np.empty((1, 0, 4), np.float32))

    return predict, network.session.get_session_options().intra_op_num_threads


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError("no VmHWM in /proc/self/status")


class Server:
    """A process that has loaded a network and predicts on demand."""

    def __init__(self, file: Path, threads: int) -> None:
        started = perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "--serve", str(file)],
            cwd=REPOSITORY,
            env=_with_threads(threads),
            preexec_fn=partial(_stay_on, threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        found = self._answer()
        self.seconds_to_start = perf_counter() - started
        if found != threads:
            raise ValueError(f"{file.name} is run by {found} threads instead of {threads}")

    def predict(self, size: tuple[int, int]) -> tuple[float, float]:
        """Predict once at (height, width); return seconds, and the peak memory so far in MB."""
        assert self._process.stdin
        print(json.dumps(size), file=self._process.stdin, flush=True)
        seconds, memory = self._answer()
        return seconds, memory

    def end(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def _with_threads(threads: int) -> dict[str, str]:
    """Return an environment that sets the threads of torch and, through joblib, ONNX Runtime."""
    count = str(threads)
    return {**os.environ, "OMP_NUM_THREADS": count}


def _stay_on(cores: int) -> None:
    """Keep this process on a number of cores: torch's shares have threads of their own."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def seconds_to_start(file: Path, threads: int) -> float:
    """Return how many seconds a process takes to load its network."""
    server = Server(file, threads)
    server.end()
    return server.seconds_to_start


def seconds_of_command(file: Path, threads: int) -> float:
    """Return how many seconds ``colorizer photo`` takes for the photograph beside the network."""
    words = ["photo", "photograph.jpg", "--overwrite", "--checkpoint", file.name]
    started = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "colorizer", *words],
        cwd=file.parent,
        env=_with_threads(threads),
        preexec_fn=partial(_stay_on, threads),
        check=True,
        capture_output=True,
    )
    return perf_counter() - started


def compare(folder: Path, threads: int, rounds: int) -> None:
    """Print the figures for a number of threads."""
    files = [folder / name for name in NAMES]
    for name, measure in (("start", seconds_to_start), ("colorizer photo", seconds_of_command)):
        taken = [[measure(file, threads) for file in files] for _ in range(STARTS)]
        _print_row(threads, f"{name}, s", *np.min(taken, axis=0))
    servers = [Server(file, threads) for file in files]
    first = [server.predict(SIZES[0]) for server in servers]
    _print_row(threads, "memory at first, MB", *(memory for _, memory in first))
    for size in SIZES:
        answers = [[server.predict(size) for server in servers] for _ in range(rounds + 1)]
        seconds = np.array(answers)[1:, :, 0]
        _print_row(threads, "a prediction of {} x {}, s".format(*size), *seconds.min(axis=0))
    _print_row(threads, "memory at last, MB", *(memory for _, memory in answers[-1]))
    for server in servers:
        server.end()


def _print_row(threads: int, name: str, torch: float, onnx: float) -> None:
    digits = 0 if name.endswith("MB") else 3
    figures = f"{torch:12.{digits}f}{onnx:12.{digits}f}{torch / onnx:9.2f}"
    print(f"{threads:7}  {name:28}{figures}", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="predictions per size")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_network(folder)
        make_photograph(folder / "photograph.jpg", 0.1, "L")
        print(f"threads  {'':28}{'torch':>12}{'onnx':>12}{'ratio':>9}")
        for threads in arguments.threads:
            compare(folder, threads, arguments.rounds)


if __name__ == "__main__":
    main()
