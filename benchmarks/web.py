"""Time, failures and memory of `colorizer web` with many visitors at once.

    python -m benchmarks.web [--visitors 20] [--photographs 2] [--megapixels 4] [--rounds 3]

The server is a separate process. Each visitor opens the page, sends photographs, has them
coloured, moves the slider, gives a place a colour and downloads the last photograph at its full
size; all do so at once, and again in every round. Each row is a round:

- s: until the last visitor had everything; first: until the median visitor saw their first
  photograph in colour; slider: the median time from moving the slider to the new picture
- failed: visitors who did not get everything
- memory: the server's resident set after the round, Python, torch and Gradio included

The last row is for a single visitor. Linux only.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import requests

from benchmarks.colorize import make_photograph
from colorizer.networks.files import GENERAL

REPOSITORY = Path(__file__).resolve().parent.parent
PATIENCE_S = 600


class Visitor:
    """Does what the page's scripts do.

    Parameters
    ----------
    address : str
        The page's address, with a slash at the end.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = requests.Session()
        page = self._http.get(address, timeout=PATIENCE_S).text
        found = re.search(r"window\.gradio_config = (\{.*?\});</script>", page)
        assert found, "the page has no configuration"
        self._config = json.loads(found[1])
        self._hash = f"visitor{id(self)}"
        self._names = {
            part["id"]: part["props"].get("elem_id") for part in self._config["components"]
        }
        (load,) = (one for one in self._config["dependencies"] if one["targets"][0][1] == "load")
        self._key = self._ask(load, [], None)["chooser"]["key"]

    def act(self, element: str, event: str, values: list[Any], **data: Any) -> dict[str, Any]:
        """Trigger an element's event, and return what the elements then show."""
        (found,) = (
            one
            for one in self._config["dependencies"]
            if [(self._names.get(target), name) for target, name in one["targets"]]
            == [(element, event)]
        )
        return self._ask(found, [None, *values], data)

    def send(self, name: str, content: bytes | Iterator[bytes]) -> requests.Response:
        """Send a photograph."""
        return self._http.post(
            f"{self._address}photographs/{self._key}",
            params={"name": name},
            data=content,
            timeout=PATIENCE_S,
        )

    def fetch(self, address: str) -> bytes:
        """Download what the page was offered."""
        answer = self._http.get(self._address + address, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.content

    def _ask(self, dependency: dict[str, Any], values: list[Any], data: Any) -> dict[str, Any]:
        answer = self._http.post(
            f"{self._address}gradio_api/run/predict",
            json={
                "data": values,
                "event_data": data,
                "fn_index": dependency["id"],
                "session_hash": self._hash,
            },
            timeout=PATIENCE_S,
        )
        answer.raise_for_status()
        outputs = [self._names[output] for output in dependency["outputs"]]
        return dict(zip(outputs, answer.json()["data"], strict=True))


def visit(address: str, photograph: bytes, photographs: int) -> tuple[float, float]:
    """Do all that a visitor does; return the first photograph's and the slider's times in s."""
    started = perf_counter()
    visitor = Visitor(address)
    first_s = 0.0
    for number in range(photographs):
        visitor.send(f"{number}.jpg", photograph).raise_for_status()
        shown = visitor.act("chooser", "upload", [], first=number == 0)
        assert len(shown["strip"]["photographs"]) == number + 1, shown["chooser"]
        first_s = first_s or perf_counter() - started
    slid = perf_counter()
    assert visitor.act("saturation", "input", [0.5])["picture"]["after"]
    slider_s = perf_counter() - slid
    spots = visitor.act("picture", "select", [], x=0.5, y=0.5, color="#a8482f")["picture"]["spots"]
    assert len(spots) == 1
    assert visitor.fetch(visitor.act("save", "click", [])["download"])
    return first_s, slider_s


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
    columns = ("visitors", "s", "first, s", "slider, s", "failed", "memory, MB")
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
            first, slider = map(statistics.median, zip(*done, strict=True))
            print(
                f"{visitors:12}{whole:12.1f}{first:12.1f}{slider:12.2f}{len(failures):12}"
                f"{resident_mb(process):12.0f}",
                flush=True,
            )
            for error in failures[:3]:
                print(repr(error), file=sys.stderr)


if __name__ == "__main__":
    main()
