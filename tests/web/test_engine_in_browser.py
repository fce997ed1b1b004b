"""The page's engine in a real browser: it decodes, colours and writes photographs."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ExifTags, Image

from benchmarks.engine import LOAD, RUNTIME, lay_out, served
from colorizer.networks.files import GENERAL_GRAPH
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.read import as_photo
from colorizer.predictors.load import load_predictor
from tests.conftest import SAMPLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(not RUNTIME.is_dir(), reason="needs: npm ci --ignore-scripts")

MOST_PIXELS = 1_000_000
SIZE = (120, 80)
# Chroma that needs no network: all of it red, more to the left.
CHROMA = """{
    width: 2, height: 1,
    own: Float32Array.of(40, 20, 20, 10), given: new Float32Array(4),
}"""
START = """async () => {
    const { Engine } = await import('/engine/client.js');
    window.engine = new Engine();
}"""
HELPERS = """
window.openFrom = async (name) => {
    const blob = await (await fetch(name)).blob();
    return engine.open(name, blob, { maxPixels: MOST_PIXELS });
};
window.base64Of = async (blob) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};
window.messageOf = async (promise) => {
    return promise.then(() => 'it worked', (error) => `${error.name}: ${error.message}`);
};
""".replace("MOST_PIXELS", str(MOST_PIXELS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is served."""
    folder = tmp_path_factory.mktemp("engine")
    lay_out(folder)
    return folder


@pytest.fixture
def visit(browser: Browser, folder: Path) -> Iterator[Page]:
    """An empty page with the engine started; what it asks for is in its ``asked``."""
    with served(folder) as address:
        page = browser.new_page()
        page.add_init_script(HELPERS)
        page.goto(address)
        page.evaluate(START)
        yield page
        page.close()


@pytest.fixture
def photograph(folder: Path) -> Image.Image:
    """A photograph, which is served as photograph.png."""
    with Image.open(min(SAMPLE.rglob("*.jpg"))) as image:
        small = image.convert("RGB").resize(SIZE)
    small.save(folder / "photograph.png")
    return small


def test_photographs_are_those_of_the_commands_within_a_step(
    visit: Page, photograph: Image.Image
) -> None:
    known = visit.evaluate(LOAD, 2)
    assert visit.evaluate("crossOriginIsolated")
    network, saturation = load_predictor(GENERAL_GRAPH, {})
    painting = """async (strength) => {
        await openFrom('photograph.png');
        const chroma = await engine.predict('photograph.png', []);
        const output = { type: 'image/png' };
        return base64Of(await engine.result('photograph.png', chroma, strength, output));
    }"""
    written = visit.evaluate(painting, saturation)
    assert known == {"saturation": saturation, "takesHints": True, "knowsColors": True}
    colorist = PhotoColorist(network, saturation, quality=95, side_by_side=False)
    expected = np.asarray(colorist.picture(as_photo(photograph)))
    assert np.abs(_pixels(written) - expected).max() <= 1


def test_chroma_from_elsewhere_is_painted_without_a_network(
    visit: Page, photograph: Image.Image
) -> None:
    asked: list[str] = []
    visit.on("request", lambda request: asked.append(request.url))
    told = visit.evaluate(f"""async () => {{
        const opened = await openFrom('photograph.png');
        const shown = await engine.render('photograph.png', {CHROMA}, 1, 60);
        const before = await engine.before('photograph.png', 1000);
        return [opened, [shown.width, shown.height], [before.width, before.height]];
    }}""")
    assert told == [{"width": SIZE[0], "height": SIZE[1]}, [60, 40], list(SIZE)]
    assert not [url for url in asked if "runtime" in url or "network/" in url]


def test_a_jpeg_file_keeps_its_exif_and_is_upright(
    visit: Page, folder: Path, photograph: Image.Image
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Make] = 6, "Camera"
    photograph.save(folder / "turned.jpg", exif=exif)
    written = _result(visit, "turned.jpg", {"type": "image/jpeg", "quality": 0.9})
    with Image.open(io.BytesIO(base64.b64decode(written))) as image:
        assert image.size == SIZE[::-1]
        assert image.getexif()[ExifTags.Base.Orientation] == 1
        assert image.getexif()[ExifTags.Base.Make] == "Camera"


def test_the_original_is_put_to_the_left(visit: Page, photograph: Image.Image) -> None:
    pixels = _pixels(_result(visit, "photograph.png", {"type": "image/png", "sideBySide": True}))
    assert pixels.shape == (SIZE[1], 2 * SIZE[0], 3)
    assert np.array_equal(pixels[:, : SIZE[0]], np.asarray(photograph))
    assert not np.array_equal(pixels[:, SIZE[0] :], np.asarray(photograph))


def test_transparency_is_kept_or_becomes_white(
    visit: Page, folder: Path, photograph: Image.Image
) -> None:
    alpha = Image.new("L", SIZE, 255)
    alpha.paste(0, (0, 0, 40, 80))
    photograph.putalpha(alpha)
    photograph.save(folder / "photograph.png")
    kept = _pixels(_result(visit, "photograph.png", {"type": "image/png"}), "RGBA")
    assert np.array_equal(kept[..., 3], np.asarray(alpha))
    white = _pixels(_result(visit, "photograph.png", {"type": "image/jpeg", "quality": 1}))
    assert white[:, :30].min() > 250


def test_a_cancelled_result_is_not_awaited(visit: Page, photograph: Image.Image) -> None:
    message, again = visit.evaluate(f"""async () => {{
        await openFrom('photograph.png');
        const stop = new AbortController();
        const output = {{ type: 'image/png' }};
        const started = engine.result('photograph.png', {CHROMA}, 1, output,
            () => stop.abort(), stop.signal);
        const message = await messageOf(started);
        const blob = await engine.result('photograph.png', {CHROMA}, 1, output);
        return [message, blob.type];
    }}""")
    assert message.startswith("AbortError")
    assert again == "image/png"


def test_progress_goes_from_nothing_to_all(visit: Page, photograph: Image.Image) -> None:
    shares = visit.evaluate(f"""async () => {{
        await openFrom('photograph.png');
        const shares = [];
        await engine.result('photograph.png', {CHROMA}, 1, {{ type: 'image/webp' }},
            (share) => shares.push(share));
        return shares;
    }}""")
    assert shares == [0, 1]


def test_a_photograph_that_was_closed_is_told_of(visit: Page, photograph: Image.Image) -> None:
    messages = visit.evaluate(f"""async () => {{
        await openFrom('photograph.png');
        const late = messageOf(
            engine.result('photograph.png', {CHROMA}, 1, {{ type: 'image/png' }}));
        await engine.close('photograph.png');
        const later = messageOf(engine.render('photograph.png', {CHROMA}, 1, 100));
        await engine.close('photograph.png');
        return [await late, await later];
    }}""")
    assert messages == ["Error: This photograph is no longer open."] * 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("photograph.tif", "This is a TIFF file, which the installed edition"),
        ("broken.png", "This PNG file is broken"),
        # Refused for what its header says, as there is nothing to decode.
        ("huge.png", "This photograph has 1200 megapixels; at most 1 can be opened here."),
        # This format's header is not read.
        ("large.avif", "This photograph has 1.2 megapixels; at most 1 can be opened here."),
    ],
)
def test_files_that_cannot_be_opened_are_told_of(
    visit: Page, folder: Path, photograph: Image.Image, name: str, said: str
) -> None:
    photograph.save(folder / "photograph.tif")
    head = (folder / "photograph.png").read_bytes()[:40]
    (folder / "broken.png").write_bytes(head)
    (folder / "huge.png").write_bytes(head[:16] + struct.pack(">II", 40_000, 30_000) + head[24:])
    photograph.resize((1200, 1000)).save(folder / "large.avif")
    message = visit.evaluate("(name) => messageOf(openFrom(name))", name)
    assert message.startswith(f"Error: {said}")


def test_predicting_waits_for_the_network(visit: Page, photograph: Image.Image) -> None:
    message = visit.evaluate("""async () => {
        await openFrom('photograph.png');
        return messageOf(engine.predict('photograph.png', []));
    }""")
    assert message == "Error: The network is not loaded yet: wait a moment, then try again."


def test_a_network_that_is_not_there_is_told_of(visit: Page) -> None:
    message = visit.evaluate("""() => messageOf(engine.load({
        network: { model: 'no', weights: 'no', card: 'no' }, runtime: 'no.mjs', threads: 1,
    }))""")
    assert "could not be loaded: check the connection" in message


def _result(page: Page, name: str, output: dict[str, Any]) -> str:
    written: str = page.evaluate(f"""async () => {{
        await openFrom('{name}');
        const output = {json.dumps(output)};
        const blob = await engine.result('{name}', {CHROMA}, 1, output);
        await engine.close('{name}');
        return base64Of(blob);
    }}""")
    return written


def _pixels(written: str, mode: str = "RGB") -> npt.NDArray[np.int64]:
    with Image.open(io.BytesIO(base64.b64decode(written))) as image:
        return np.asarray(image.convert(mode)).astype(np.int64)
