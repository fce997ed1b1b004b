"""What the server answers, also to those who do not use the page."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from benchmarks.web import Visitor, visit
from colorizer.common.errors import UserError
from colorizer.web.session_store import Sessions
from tests.data_helpers import encoded
from tests.photo_helpers import greys
from tests.web.conftest import LIMITS

VISITORS = 20
PHOTOGRAPH = encoded(greys(300, 200), "JPEG")


@pytest.fixture
def visitor(address: str) -> Visitor:
    return Visitor(address)


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/upload",
        "gradio_api/file=/etc/passwd",
        "gradio_api/proxy=http://example.org",
        "gradio_api/info",
        "config",
        "monitoring",
        "docs",
    ],
)
def test_what_the_page_does_not_need_is_not_there(address: str, path: str) -> None:
    for method in ("GET", "POST"):
        assert requests.request(method, address + path, timeout=30).status_code == 404


def test_browsers_are_told_to_load_nothing_from_elsewhere(address: str) -> None:
    for path in ("", "theme.css", "nothing"):
        headers = requests.get(address + path, timeout=30).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")


def test_page_names_no_font_or_script_from_elsewhere(address: str) -> None:
    for path in ("", "theme.css"):
        text = requests.get(address + path, timeout=30).text
        assert "googleapis" not in text
        assert '<script src="http' not in text


def test_larger_files_than_allowed_are_refused(visitor: Visitor) -> None:
    def pieces() -> Iterator[bytes]:
        yield from [bytes(100_000)] * 6

    for content in (bytes(LIMITS.bytes + 1), pieces()):
        answer = visitor.send("large.jpg", content)
        assert answer.status_code == 413
        assert answer.json() == {"detail": "The file is larger than 0.5 MB."}


def test_more_photographs_than_allowed_are_refused(visitor: Visitor) -> None:
    for _ in range(LIMITS.uploads):
        assert visitor.send("old.jpg", PHOTOGRAPH).status_code == 204

    answer = visitor.send("old.jpg", PHOTOGRAPH)

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("Only 3 photographs at a time")
    told = visitor.act("chooser", "select", [], index=0)["chooser"]["problem"]
    assert told == answer.json()["detail"]


def test_strangers_get_nothing(address: str) -> None:
    answer = requests.post(f"{address}photographs/0?name=a.jpg", b"", timeout=30)
    assert answer.status_code == 409
    assert "load it again" in answer.json()["detail"]
    assert requests.get(f"{address}photographs/0/1.jpg", timeout=30).status_code == 404


def test_what_is_no_place_is_refused_in_plain_words(visitor: Visitor) -> None:
    visitor.send("old.jpg", PHOTOGRAPH)
    visitor.act("chooser", "upload", [], first=True)

    with pytest.raises(requests.HTTPError) as raised:
        visitor.act("picture", "select", [], x=2, y=0, color="#000000")

    assert raised.value.response.json()["error"] == (
        "This is not a place in the photograph, or not a colour."
    )


def test_visitors_who_come_at_once_are_all_served(address: str) -> None:
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = list(pool.map(lambda _: visit(address, PHOTOGRAPH, 2), range(VISITORS)))

    assert len(visits) == VISITORS


def test_page_is_given_out_without_copying_the_visitors(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    monkeypatch.setattr(Sessions, "__deepcopy__", lambda *_: copied.append(1), raising=False)

    Visitor(address)

    assert copied == []


def test_port_in_use_is_told(address: str) -> None:
    from colorizer.web.server import listen

    port = int(address.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(UserError, match=rf"port {port} is in use.*--port {port + 1}"):
        listen("127.0.0.1", port)


def test_host_of_others_is_told() -> None:
    pytest.importorskip("gradio", reason="needs Gradio: pip install -e '.[web]'")
    from colorizer.web.server import listen

    with pytest.raises(UserError, match=r"--host 192\.0\.2\.1"):
        listen("192.0.2.1", 0)
