"""Time and memory of the page's engine in Chromium, for photographs of 1 and 12 megapixels.

    python -m benchmarks.engine [--megapixels 1 12] [--threads 1 2] [--browser chromium]

needs `npm ci --ignore-scripts`. Each row is a new browser, which loads the network, opens a
photograph, a JPEG file of a photograph from the sample, enlarged and with film grain, predicts its
colours, renders the preview, and makes a JPEG file of its own size:

- load, open, predict, render, result: seconds for each, in the order in which a visitor waits
- colour: all but load
- stuck: the longest in milliseconds that the page itself did not answer meanwhile
- memory: the most that the browser's processes that show the page held, in MB, and what they held
  before it opened the photograph

Linux only.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.colorize import make_photograph
from colorizer.networks.files import GENERAL, GENERAL_GRAPH
from colorizer.web.network_card import network_card
from colorizer.web.static_site import RUNTIME_FILES

if TYPE_CHECKING:
    from playwright.sync_api import Page

REPOSITORY = Path(__file__).resolve().parent.parent
ENGINE = REPOSITORY / "src" / "colorizer" / "web" / "page" / "engine"
RUNTIME = REPOSITORY / "node_modules" / "onnxruntime-web" / "dist"
# Threads need a page that is isolated from other origins; WebAssembly needs to be allowed.
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
}
PATIENCE_MS = 120_000
LOOK_S = 0.05

# What a page does to load the network; `threads` is its argument.
LOAD = """async (threads) => {
    const { Engine } = await import('/engine/client.js');
    window.engine = new Engine();
    return engine.load({
        network: {
            model: 'network/general.onnx',
            weights: 'network/general.safetensors',
            card: 'network/card.json',
        },
        runtime: 'runtime/ort.wasm.bundle.min.mjs',
        threads,
    });
}"""
COLOR = """async () => {
    const blob = await (await fetch('photograph.jpg')).blob();
    let last = performance.now(), stuck = 0;
    const watch = setInterval(() => {
        stuck = Math.max(stuck, performance.now() - last);
        last = performance.now();
    }, 5);
    const seconds = {};
    const timed = async (name, promise) => {
        const started = performance.now();
        const value = await promise;
        seconds[name] = (performance.now() - started) / 1e3;
        return value;
    };
    await timed('open', engine.open('one', blob, { maxPixels: 1e9 }));
    const chroma = await timed('predict', engine.predict('one', []));
    await timed('render', engine.render('one', chroma, 1, 2048));
    const output = { type: 'image/jpeg', quality: 0.95 };
    await timed('result', engine.result('one', chroma, 1, output));
    clearInterval(watch);
    return { seconds, stuck };
}"""


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012  as the class has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as the class has it
        pass


def lay_out(folder: Path) -> None:
    """Put an empty page, the engine, ONNX Runtime and the general network into a folder."""
    (folder / "index.html").write_text("<!doctype html><title>Engine</title>")
    shutil.copytree(ENGINE, folder / "engine")
    for name, sources in (
        ("runtime", [RUNTIME / file for file in RUNTIME_FILES]),
        ("network", [GENERAL, GENERAL_GRAPH]),
    ):
        (folder / name).mkdir()
        for source in sources:
            shutil.copy(source, folder / name)
    (folder / "network" / "card.json").write_text(network_card(GENERAL_GRAPH))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder to this computer; yield its address."""
    handler = partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # It ends that much later, in seconds.
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Watch(Thread):
    """Looks how much memory the processes hold that show pages."""

    def __init__(self) -> None:
        super().__init__()
        self.most_mb = 0.0
        self._ended = Event()

    def run(self) -> None:
        while not self._ended.wait(LOOK_S):
            self.most_mb = max(self.most_mb, pages_mb())

    def end(self) -> float:
        self._ended.set()
        self.join()
        return self.most_mb


def pages_mb() -> float:
    """Return the memory in MB that the browser's processes hold that show pages."""
    held = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in process.cmdline():
                held += process.memory_info().rss
        except psutil.Error:
            continue  # it has ended
    return held / 1e6


def measure(page: Page, threads: int) -> list[float]:
    """Return the columns of a row, from "load" on."""
    started = page.evaluate("performance.now()")
    page.evaluate(LOAD, threads)
    load_s = (page.evaluate("performance.now()") - started) / 1e3
    before_mb, watch = pages_mb(), _Watch()
    watch.start()
    told = page.evaluate(COLOR)
    most_mb, seconds = watch.end(), told["seconds"]
    parts = [seconds[name] for name in ("open", "predict", "render", "result")]
    return [load_s, *parts, sum(parts), told["stuck"], most_mb, before_mb]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 12])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--browser", default=shutil.which("chromium"))
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    parts = ("load, s", "open, s", "predict, s", "render, s", "result, s", "colour, s")
    columns = ("megapixels", "threads", *parts, "stuck, ms", "memory, MB", "before, MB")
    print("".join(f"{column:>12}" for column in columns))
    with (
        tempfile.TemporaryDirectory() as name,
        served(Path(name)) as address,
        sync_playwright() as playwright,
    ):
        lay_out(Path(name))
        for megapixels in arguments.megapixels:
            make_photograph(Path(name, "photograph.jpg"), megapixels, "RGB")
            for threads in arguments.threads:
                browser = playwright.chromium.launch(executable_path=arguments.browser)
                page = browser.new_page()
                page.set_default_timeout(PATIENCE_MS)
                page.goto(address)
                row = measure(page, threads)
                browser.close()
                times = "".join(f"{value:12.2f}" for value in row[:6])
                rest = "".join(f"{value:12.0f}" for value in row[6:])
                print(f"{megapixels:12g}{threads:12}{times}{rest}", flush=True)


if __name__ == "__main__":
    main()
