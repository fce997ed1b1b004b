from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import gdown
import pytest
import requests

from colorizer.downloads import download, download_from_drive, is_url
from colorizer.errors import UserError
from tests.data_helpers import serving

CONTENT = b"0123456789" * 20_000
BY_HAND = (
    "open https://drive.google.com/uc?id=ID in a browser, download the archive by hand, "
    "then run with -S dataset=archive -S fetch.archive=PATH"
)


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT under /whole and /unannounced, half of it under /short."""

    def do_GET(self) -> None:
        known = self.path in ("/whole", "/unannounced", "/short")
        self.send_response(200 if known else 404)
        if self.path in ("/whole", "/short"):
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if known:
            self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/short" else CONTENT)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Handler) as address:
        yield address


@pytest.mark.parametrize("text", ["http://photos.example/a.zip", "HTTPS://photos.example"])
def test_http_addresses_are_urls(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["", "a.zip", "/http://a.zip", "ftp://photos.example/a.zip"])
def test_everything_else_is_no_url(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize("path", ["whole", "unannounced"])
def test_download_brings_every_byte(tmp_path: Path, server: str, path: str) -> None:
    download(f"{server}/{path}", tmp_path / "file")

    assert (tmp_path / "file").read_bytes() == CONTENT


def test_error_of_the_server_is_told(tmp_path: Path, server: str) -> None:
    with pytest.raises(UserError, match=rf"^cannot download {server}/none: 404 .*by hand"):
        download(f"{server}/none", tmp_path / "file")


def test_download_that_breaks_off_is_told(tmp_path: Path, server: str) -> None:
    with pytest.raises(UserError, match=rf"{server}/short.*100000"):
        download(f"{server}/short", tmp_path / "file")


@pytest.mark.usefixtures("server")  # for it turns proxies off
def test_unreachable_server_is_told(tmp_path: Path) -> None:
    with socket.socket() as unused:  # bound but not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.zip"

        with pytest.raises(UserError, match=rf"^cannot download {url}: "):
            download(url, tmp_path / "file")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "https://*:a/"])
def test_malformed_address_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(UserError, match=r"^cannot download http.*check the address"):
        download(url, tmp_path / "file")


def test_file_from_drive_is_asked_for_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give(id: str, output: str, timeout: float) -> str:  # noqa: A002  the name of gdown's parameter
        Path(output).write_text(id)
        return output

    monkeypatch.setattr(gdown, "download", give)

    download_from_drive("ID", tmp_path / "file")

    assert (tmp_path / "file").read_text() == "ID"


@pytest.mark.parametrize(
    "error",
    [
        gdown.exceptions.FileURLRetrievalError("Too many\n\n\tusers"),
        gdown.exceptions.DownloadError("Too many\n\n\tusers"),
        requests.ConnectionError("Too many users"),
        OSError("Too many users"),
        ValueError("Too many users"),
    ],
)
def test_refusal_of_drive_leads_to_a_download_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(**_: str) -> str:
        raise error

    monkeypatch.setattr(gdown, "download", refuse)

    with pytest.raises(UserError) as raised:
        download_from_drive("ID", tmp_path / "file")

    assert str(raised.value) == (
        f"Google Drive does not give the file out: Too many users; {BY_HAND}"
    )


@pytest.mark.parametrize("answer", [None, "somewhere else"])
def test_drive_that_gives_no_file_leads_to_a_download_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    monkeypatch.setattr(gdown, "download", lambda **_: answer)

    with pytest.raises(UserError) as raised:
        download_from_drive("ID", tmp_path / "file")

    assert str(raised.value) == f"Google Drive does not give the file out; {BY_HAND}"
