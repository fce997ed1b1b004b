"""Time, failures and memory of `colorizer web` with many visitors at once.

    python -m benchmarks.web [--visitors 20] [--photographs 2] [--megapixels 4] [--rounds 3]

The server is a separate process. Each visitor opens the page, sends photographs, has them
coloured, gives a place a colour and downloads the last photograph at its full size; all do so at
once, and again in every round. What the page computes in the browser takes no part: the pictures
it shows, and how strong their colours are. Each row is a round:

- s: until the last visitor had everything; first: until the median visitor had the chroma of
  their first photograph; dot: the median time from giving a place a colour to the new chroma
- failed: visitors who did not get everything
- memory: the server's resident set after the round, Python and the network's runtime included

The last row is for a single visitor. Linux only.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
import requests

from benchmarks.colorize import make_photograph
from colorizer.inference.types import Chroma, PhotoChroma
from colorizer.networks.files import GENERAL

REPOSITORY = Path(__file__).resolve().parent.parent
PATIENCE_S = 600
STEPS_PER_UNIT = 100  # as colorizer.web.app sends chroma
ASK_S = 0.25  # how often the page asks whether a file is ready
DOT = {"x": 0.5, "y": 0.5, "color": "#a8482f"}


class Visitor:
    """Asks the server for what the page's scripts ask for.

    Parameters
    ----------
    address : str
        The page's address, with a slash at the end.

    Attributes
    ----------
    key : str
        What the server knows the visitor by.
    """

    def __init__(self, address: str) -> None:
        self._http = requests.Session()
        for path in ("", "about.json"):
            self._http.get(address + path, timeout=PATIENCE_S).raise_for_status()
        opened = self._http.post(f"{address}visits", timeout=PATIENCE_S)
        opened.raise_for_status()
        self.key: str = opened.json()["key"]
        self._visit = f"{address}visits/{self.key}"

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        """Ask for something of this visit; ``given`` is as for :func:`requests.request`."""
        return self._http.request(method, self._visit + path, timeout=PATIENCE_S, **given)

    def send(self, name: str, content: bytes | Iterator[bytes]) -> requests.Response:
        """Send a photograph."""
        return self.ask("POST", "/photographs", params={"name": name}, data=content)

    def open(self, name: str, content: bytes) -> int:
        """Send a photograph, fetch what the page shows of it, and return its number."""
        sent = self.send(name, content)
        sent.raise_for_status()
        number: int = sent.json()["number"]
        self.ask("GET", f"/photographs/{number}/preview").raise_for_status()
        return number

    def predict(self, number: int, dots: Sequence[Mapping[str, Any]] = ()) -> PhotoChroma:
        """Return the chroma of a photograph in which some places have got a colour."""
        answer = self.ask("POST", f"/photographs/{number}/chroma", json={"dots": list(dots)})
        answer.raise_for_status()
        size = (int(answer.headers[name]) for name in ("x-height", "x-width"))
        steps = np.frombuffer(answer.content, "<i2").reshape(2, 2, *size)
        own, given = steps.astype(np.float32) / STEPS_PER_UNIT
        return Chroma(own, given)

    def save(self, photographs: Sequence[Mapping[str, Any]], **output: Any) -> bytes:
        """Have photographs written at their full size, and download them."""
        ordered = self.ask("POST", "/results", json={"photographs": photographs, **output})
        ordered.raise_for_status()
        result = f"/results/{ordered.json()['number']}"
        while True:
            told = self.ask("GET", result)
            told.raise_for_status()
            if told.json()["done"]:
                break
            sleep(ASK_S)
        file = self.ask("GET", f"{result}/file")
        file.raise_for_status()
        return file.content


def visit(address: str, photograph: bytes, photographs: int) -> tuple[float, float]:
    """Do all that a visitor does; return the first photograph's and the dot's times in s."""
    started = perf_counter()
    visitor = Visitor(address)
    first_s = 0.0
    for at in range(photographs):
        number = visitor.open(f"{at}.jpg", photograph)
        visitor.predict(number)
        first_s = first_s or perf_counter() - started
    given = perf_counter()
    visitor.predict(number, [DOT])
    dot_s = perf_counter() - given
    assert visitor.save([{"number": number, "dots": [DOT], "strength": 0.5}])
    return first_s, dot_s


@contextmanager
def server(checkpoint: Path) -> Iterator[tuple[str, int]]:
    """Run `colorizer web`; yield its address and process number."""
    command = [sys.executable, "-m", "colorizer", "web", "--port", "0"]
    with subprocess.Popen(
        [*command, "--checkpoint", str(checkpoint)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the server has not started"
            yield f"{found[0]}/", process.pid
        finally:
            process.terminate()


def resident_mb(process: int) -> float:
    """Return the memory that a process holds, in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(f"no VmRSS of process {process}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--photographs", type=int, default=2, help="per visitor")
    parser.add_argument("--megapixels", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkpoint", type=Path, default=GENERAL)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_photograph(Path(folder, "photograph.jpg"), arguments.megapixels, "L")
        photograph = Path(folder, "photograph.jpg").read_bytes()
    columns = ("visitors", "s", "first, s", "dot, s", "failed", "memory, MB")
    print("".join(f"{column:>12}" for column in columns))
    with server(arguments.checkpoint.absolute()) as (address, process):
        for visitors in [arguments.visitors] * arguments.rounds + [1]:
            started = perf_counter()
            with ThreadPoolExecutor(visitors) as pool:
                visits = [
                    pool.submit(visit, address, photograph, arguments.photographs)
                    for _ in range(visitors)
                ]
            whole = perf_counter() - started
            failures = [error for done in visits if (error := done.exception())]
            done = [one.result() for one in visits if not one.exception()]
            first, dot = map(statistics.median, zip(*done, strict=True))
            print(
                f"{visitors:12}{whole:12.1f}{first:12.1f}{dot:12.2f}{len(failures):12}"
                f"{resident_mb(process):12.0f}",
                flush=True,
            )
            for error in failures[:3]:
                print(repr(error), file=sys.stderr)


if __name__ == "__main__":
    main()
