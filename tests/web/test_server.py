"""What the server answers, also to those who do not use the page."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from PIL import Image

from benchmarks.web import Visitor, visit
from colorizer.common.errors import UserError
from colorizer.inference.suggestions import suggest_colors
from colorizer.photo.edits import MOST_STRENGTH, parse_dots
from colorizer.photo.hints import ab_of
from colorizer.web.previews import SRGB
from colorizer.web.visit import REMOVED
from colorizer.web.visits import Visits
from tests.conftest import REPOSITORY
from tests.data_helpers import encoded
from tests.photo_helpers import colorist, greys, lab_of, network
from tests.web.conftest import LIMITS, Painter

VISITORS = 20
PHOTOGRAPH = encoded(greys(300, 200), "JPEG")
DOT = {"x": 0.5, "y": 0.5, "color": "#0000ff"}
PAGE = REPOSITORY / "src" / "colorizer" / "web" / "page"


@pytest.fixture
def visitor(address: str) -> Visitor:
    return Visitor(address)


@pytest.fixture
def files(visitor: Visitor, visitors: Path) -> Path:
    """Where the server keeps what the visitor sends."""
    return visitors / visitor.key


def connected(address: str) -> http.client.HTTPConnection:
    """Return a connection that sends paths and headers as they are."""
    parts = urlsplit(address)
    assert parts.hostname
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)


def problem(answer: requests.Response) -> str:
    told: dict[str, str] = answer.json()
    assert list(told) == ["problem"]
    return told["problem"]


def eventually(is_so: Any) -> bool:
    """Tell whether something becomes so within a while."""
    for _ in range(200):
        if is_so():
            return True
        time.sleep(0.05)
    return False


def test_page_learns_what_it_may_offer(address: str) -> None:
    about = requests.get(f"{address}about.json", timeout=30).json()

    assert about["edition"] == "server"
    assert about["network"] == "painter"
    assert about["takesHints"]
    assert about["knowsColors"]
    assert about["palette"]["no colour"] == "#808080"
    assert about["limits"] == {"megapixels": 0.2, "megabytes": 0.5, "photographs": 3}
    assert {"jpeg", "png", "tiff"} < set(about["formats"])
    assert about["examples"]


@pytest.mark.parametrize("file", ["", "main.js", "page.css", "icon.svg", "engine/network.js"])
def test_page_is_given_out(address: str, file: str) -> None:
    answer = requests.get(address + file, timeout=30)

    assert answer.status_code == 200
    assert answer.content == (PAGE / (file or "index.html")).read_bytes()
    if file.endswith(".js"):
        assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/engine",
        "/engine/",
        "/docs",
        "/visits",
        "/visits/",
        "/app.py",
        "/../app.py",
        "/%2e%2e/app.py",
        "/..%2fapp.py",
        "/..%5capp.py",
        "/engine/../../app.py",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/page.css%00",
    ],
)
def test_what_the_page_does_not_need_is_not_there(address: str, path: str) -> None:
    with closing(connected(address)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read()

    assert answer.status in (404, 405) or (answer.status, path) == (307, "/engine")
    assert b"root:" not in content
    assert b"import" not in content


def test_every_answer_says_what_browsers_may_load(address: str, visitor: Visitor) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)
    answers = [
        *(requests.get(address + path, timeout=30) for path in ("", "about.json", "nothing")),
        requests.put(address, timeout=30),
        visitor.ask("GET", "/photographs"),
        visitor.ask("GET", f"/photographs/{number}/preview"),
        visitor.ask("GET", "/photographs/77/preview"),
        visitor.send("large.jpg", bytes(LIMITS.bytes + 1)),
        requests.get(f"{address}visits/nobody/photographs", timeout=30),
    ]

    assert [answer.status_code for answer in answers] == [
        *(200, 200, 404, 405, 200, 200, 409, 413, 410)
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert [answer.headers["cache-control"] for answer in answers] == [
        *["no-cache"] * 4,
        *["no-store"] * 5,
    ]


def test_strangers_get_nothing(address: str) -> None:
    for method, path in [
        ("POST", ""),
        ("GET", "/photographs"),
        ("POST", "/photographs?name=a.jpg"),
        ("POST", "/examples/0"),
        ("DELETE", "/photographs/1"),
        ("GET", "/photographs/1/preview"),
        ("POST", "/photographs/1/chroma"),
        ("POST", "/results"),
        ("GET", "/results/1"),
        ("DELETE", "/results/1"),
        ("GET", "/results/1/file"),
    ]:
        for key in ("nobody", "0" * 32):
            url = f"{address}visits/{key}{path}"
            answer = requests.request(method, url, data=b"[]", timeout=30)
            assert answer.status_code == 410, (method, path)
            assert "started anew" in problem(answer)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_websites_are_refused(address: str, site: str) -> None:
    answer = requests.post(f"{address}visits", headers={"sec-fetch-site": site}, timeout=30)

    assert answer.status_code == 403
    assert answer.json() == {"problem": "Only the page itself may ask this."}


def test_visitors_do_not_get_each_others_photographs(visitor: Visitor, address: str) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)

    other = Visitor(address)

    assert other.ask("GET", "/photographs").json() == []
    assert other.ask("GET", f"/photographs/{number}/preview").status_code == 409


def test_photographs_are_still_there_when_the_page_is_loaded_again(visitor: Visitor) -> None:
    number = visitor.open("../Oma <1910>.jpg", PHOTOGRAPH)

    assert visitor.ask("POST", "").status_code == 204
    told = visitor.ask("GET", "/photographs").json()

    assert told == [{"number": number, "name": "Oma 1910.jpg", "width": 300, "height": 200}]
    preview = visitor.ask("GET", f"/photographs/{number}/preview")
    assert preview.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(preview.content)).size == (300, 200)


def test_example_is_opened_in_grey(visitor: Visitor) -> None:
    told = visitor.ask("POST", "/examples/0")

    assert told.status_code == 201
    number = told.json()["number"]
    preview = visitor.ask("GET", f"/photographs/{number}/preview").content
    assert abs(lab_of(Image.open(io.BytesIO(preview)))[1:]).max() < 1
    missing = visitor.ask("POST", "/examples/99")
    assert (missing.status_code, problem(missing)) == (409, "There is no such example.")


def test_removed_photograph_is_gone(visitor: Visitor, files: Path) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)

    for _ in range(2):
        assert visitor.ask("DELETE", f"/photographs/{number}").status_code == 204

    answer = visitor.ask("POST", f"/photographs/{number}/chroma", json={})
    assert (answer.status_code, problem(answer)) == (
        409,
        REMOVED,
    )
    assert eventually(lambda: not list(files.iterdir()))


def test_photograph_that_is_removed_while_it_is_given_out_is_gone(
    visitor: Visitor, files: Path
) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)
    for file in files.iterdir():
        file.unlink()

    answer = visitor.ask("GET", f"/photographs/{number}/preview")

    assert (answer.status_code, problem(answer)) == (409, REMOVED)


def test_chroma_is_what_the_network_says(visitor: Visitor) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)
    with Image.open(io.BytesIO(PHOTOGRAPH)) as image:
        expected = network(Painter()).predict(image, SRGB, parse_dots([DOT]))

    told = visitor.predict(number, [DOT])

    for found, wanted in ((told.own, expected.own), (told.given, expected.given)):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, atol=0.00501)


def test_colours_are_suggested_from_what_the_network_thinks_likely(visitor: Visitor) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)
    place = {"x": 0.2, "y": 0.7}
    with Image.open(io.BytesIO(PHOTOGRAPH)) as image:
        likely = (
            network(Painter())
            .encode(image, SRGB)
            .likely_colors(np.array([[0.2, 0.7]], np.float32))
        )

    colors = visitor.ask("POST", f"/photographs/{number}/colors", json=place).json()

    assert len(colors) == 5
    for color, expected in zip(colors, suggest_colors(likely).ab[0], strict=True):
        red, green, blue = bytes.fromhex(color.removeprefix("#"))
        assert ab_of((red, green, blue)) == pytest.approx(expected, abs=3)


def test_variants_add_dots_to_those_that_are_there(visitor: Visitor) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)

    first, *others = visitor.ask(
        "POST", f"/photographs/{number}/variants", json={"dots": []}
    ).json()
    # This network paints all in the last colour, so that there is nothing left to choose.
    decided = visitor.ask("POST", f"/photographs/{number}/variants", json={"dots": [DOT]}).json()

    assert first == []
    assert len(others) == 3
    assert len({dots[0]["color"] for dots in others}) == 3
    for dots in others:
        assert parse_dots(dots)[0].reach is None
    assert decided == [[], [], [], []]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"nonsense",
        b"\xff\xfe\x00",
        b"[" * 500_000,
        b'{"dots": [{"x": 2, "y": 0, "color": "#000000"}]}',
        b'{"dots": [{"x": NaN, "y": 0, "color": "#000000"}]}',
        b'{"dots": [{"x": 1e999, "y": 0, "color": "#000000"}]}',
        b"[" + b"9" * 5000 + b"]",
        b'{"dots": {}}',
        b'{"size": 0}',
        b'{"size": 1e9}',
        b'{"size": "192"}',
        b'[{"x": 0, "y": 0, "color": "#000000"}]',
        b"null",
        json.dumps({"dots": [DOT] * 101}).encode(),
    ],
)
@pytest.mark.parametrize(
    "path",
    ["/photographs/1/chroma", "/photographs/1/colors", "/photographs/1/variants", "/results"],
)
def test_what_is_no_json_of_the_page_is_refused_in_words(
    visitor: Visitor, path: str, sent: bytes
) -> None:
    for content in (sent, iter([sent])):  # the second without content-length
        answer = visitor.ask("POST", path, data=content)
        assert answer.status_code == 409
        assert problem(answer).endswith(".")


@pytest.mark.parametrize("path", ["/photographs/1/chroma", "/results"])
def test_endless_json_is_refused(visitor: Visitor, path: str) -> None:
    for content in (bytes(1_100_000), iter([bytes(100_000)] * 11)):
        answer = visitor.ask("POST", path, data=content)
        assert (answer.status_code, problem(answer)) == (413, "That is too much.")


@pytest.mark.parametrize("length", ["nonsense", "-1", "1e3", "²"])
def test_length_that_is_none_is_refused(visitor: Visitor, address: str, length: str) -> None:
    for path in ("/photographs?name=a.jpg", "/photographs/1/chroma", "/results"):
        with closing(connected(address)) as connection:
            connection.putrequest("POST", f"/visits/{visitor.key}{path}")
            connection.putheader("content-length", length.encode())
            connection.endheaders()
            assert connection.getresponse().status in (400, 409)


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"photographs": 1},
        {"photographs": [1]},
        {"photographs": [{}]},
        {"photographs": [{"number": []}]},
        {"photographs": [{"number": None}]},
        {"photographs": [{"number": "1"}]},
        {"photographs": []},
        {"photographs": [{"number": 77}]},
        {"photographs": [{"number": 1, "strength": 7}]},
        {"photographs": [{"number": 1, "dots": None}]},
        {"photographs": [], "format": "gif"},
        {"photographs": [], "format": ["png"]},
        {"photographs": [], "quality": 0},
        {"photographs": [], "quality": "95"},
    ],
)
def test_order_that_is_none_is_refused(visitor: Visitor, order: dict[str, Any]) -> None:
    answer = visitor.ask("POST", "/results", json=order)

    assert answer.status_code == 409
    assert problem(answer)


def test_result_is_a_download_under_the_visitors_name(visitor: Visitor) -> None:
    number = visitor.open("Größe 1.jpg", PHOTOGRAPH)
    order = {"photographs": [{"number": number, "dots": [DOT], "strength": 0.5}]}
    result = visitor.ask("POST", "/results", json={**order, "format": "png"}).json()["number"]
    path = f"/results/{result}"
    assert eventually(lambda: visitor.ask("GET", path).json()["done"])

    answer = visitor.ask("GET", f"{path}/file")

    disposition = "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%201_color.png"
    assert answer.headers["content-disposition"] == disposition
    assert Image.open(io.BytesIO(answer.content)).size == (300, 200)
    assert visitor.ask("DELETE", path).status_code == 204
    assert visitor.ask("GET", path).status_code == 409
    assert "save it again" in problem(visitor.ask("GET", f"{path}/file"))


def test_several_photographs_come_as_an_archive(visitor: Visitor) -> None:
    numbers = [visitor.open("old.jpg", PHOTOGRAPH) for _ in range(2)]

    content = visitor.save([{"number": number} for number in numbers], sideBySide=True)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["old_color.jpg", "old_color-2.jpg"]
        with archive.open("old_color.jpg") as file:
            assert Image.open(file).size == (600, 200)


def test_photograph_that_cannot_be_saved_is_named(visitor: Visitor, files: Path) -> None:
    number = visitor.open("old.jpg", PHOTOGRAPH)
    for stored in files.glob("*.jpg"):
        stored.write_bytes(b"broken meanwhile")

    result = visitor.ask("POST", "/results", json={"photographs": [{"number": number}]})

    path = f"/results/{result.json()['number']}"
    assert eventually(lambda: visitor.ask("GET", path).status_code == 409)
    assert problem(visitor.ask("GET", path)).startswith("old.jpg could not be saved: ")


def test_larger_files_than_allowed_are_refused(visitor: Visitor, files: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield from [bytes(100_000)] * 6

    for content in (bytes(LIMITS.bytes + 1), pieces()):
        answer = visitor.send("large.jpg", content)
        assert answer.status_code == 413
        assert problem(answer) == "The file is larger than 0.5 MB."
    assert list(files.iterdir()) == []


def test_more_photographs_than_allowed_are_refused(visitor: Visitor) -> None:
    for _ in range(LIMITS.uploads):
        assert visitor.send("old.jpg", PHOTOGRAPH).status_code == 201

    for answer in (visitor.send("old.jpg", PHOTOGRAPH), visitor.ask("POST", "/examples/0")):
        assert answer.status_code == 409
        assert problem(answer).startswith("Only 3 photographs at a time")


def test_what_is_no_photograph_is_refused_and_makes_room(visitor: Visitor, files: Path) -> None:
    for _ in range(LIMITS.uploads + 1):
        answer = visitor.send("notes.jpg", b"no photograph")
        assert answer.status_code == 409
        assert problem(answer).startswith("it is text; ")
    assert list(files.iterdir()) == []


@pytest.mark.parametrize("framing", ["content-length: 300000", "transfer-encoding: chunked"])
def test_upload_that_breaks_off_leaves_no_file_and_makes_room(
    visitor: Visitor, address: str, files: Path, framing: str
) -> None:
    parts = urlsplit(address)
    for _ in range(LIMITS.uploads + 1):
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
            path = f"/visits/{visitor.key}/photographs?name=old.jpg"
            head = f"POST {path} HTTP/1.1\r\nhost: {parts.netloc}\r\n{framing}\r\n\r\n"
            body = b"%x\r\n" % len(PHOTOGRAPH) if "chunked" in framing else b""
            connection.sendall(head.encode() + body + PHOTOGRAPH)
            assert eventually(lambda: list(files.iterdir()))
        assert eventually(lambda: not list(files.iterdir()))

    visitor.open("old.jpg", PHOTOGRAPH)


def test_visitors_who_come_at_once_are_all_served(address: str) -> None:
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = list(pool.map(lambda _: visit(address, PHOTOGRAPH, 2), range(VISITORS)))

    assert len(visits) == VISITORS


def test_page_is_given_out_though_many_wait_for_the_network(
    address: str, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors = [Visitor(address) for _ in range(15)]
    numbers = [visitor.open("old.jpg", PHOTOGRAPH) for visitor in visitors]
    may_go_on, decode = Event(), painter.decode

    def late(*given: Any) -> Any:
        may_go_on.wait()
        return decode(*given)

    monkeypatch.setattr(painter, "decode", late)
    with ThreadPoolExecutor(60) as pool:
        asked = [
            pool.submit(visitor.predict, number, [DOT])
            for visitor, number in zip(visitors, numbers, strict=True)
            for _ in range(4)
        ]
        time.sleep(0.5)  # now they have probably arrived
        try:
            assert requests.get(f"{address}main.js", timeout=10).status_code == 200
            assert not any(one.done() for one in asked)
        finally:
            may_go_on.set()
        for one in asked:
            one.result()


def test_page_begins_with_no_more_strength_than_it_offers() -> None:
    pytest.importorskip("starlette", reason="needs a server: pip install -e '.[web]'")
    from colorizer.web import app

    for saturation, strength in ((1.5, 1.5), (3.0, MOST_STRENGTH)):
        about = app._about(colorist(saturation=saturation), LIMITS, [], "painter")
        assert about["strength"] == strength


def test_idle_visitors_are_looked_for(tmp_path: Path) -> None:
    pytest.importorskip("starlette", reason="needs a server: pip install -e '.[web]'")
    from colorizer.web import app

    visits = Visits(tmp_path / "visitors", colorist(), replace(LIMITS, idle_s=0.01))
    visits.open()

    async def sweep() -> None:
        sweeper = asyncio.create_task(app._sweep(visits))
        while len(visits):
            await asyncio.sleep(0.01)
        sweeper.cancel()

    asyncio.run(asyncio.wait_for(sweep(), 30))
    visits.shut_down()
    assert list((tmp_path / "visitors").iterdir()) == []


def test_port_in_use_is_told(address: str) -> None:
    from colorizer.web.server import listen

    port = int(address.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(UserError, match=rf"port {port} is in use.*--port {port + 1}"):
        listen("127.0.0.1", port)


def test_host_of_others_is_told() -> None:
    pytest.importorskip("uvicorn", reason="needs a server: pip install -e '.[web]'")
    from colorizer.web.server import listen

    with pytest.raises(UserError, match=r"--host 192\.0\.2\.1"):
        listen("192.0.2.1", 0)
