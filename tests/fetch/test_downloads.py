from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NoReturn

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch import downloads
from colorizer.fetch.downloads import download, is_url, remote_file
from tests.data_helpers import serving, tree
from tests.file_server import FileHandler, ServedFile, serving_file

CONTENT = bytes(range(256)) * 1000
HALF = len(CONTENT) // 2
OTHER = CONTENT[::-1]
BY_HAND = "or download it by hand and set fetch.archive to the file's path"
MAY = "Fri, 01 May 2026 00:00:00 GMT"
JUNE = "Mon, 01 Jun 2026 00:00:00 GMT"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, without waiting."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


@pytest.fixture
def file() -> ServedFile:
    return ServedFile(CONTENT)


@pytest.fixture
def url(file: ServedFile) -> Iterator[str]:
    """The address of ``file``."""
    with serving_file(file) as address:
        yield address


def content_of(url: str, folder: Path) -> bytes:
    with download(remote_file(url), folder) as path:
        return path.read_bytes()


def error_of(url: str, folder: Path) -> str:
    with pytest.raises(UserError) as raised, download(remote_file(url), folder):
        pytest.fail("nothing was to come")
    return str(raised.value)


def break_off(file: ServedFile, url: str, folder: Path, at: int = HALF) -> None:
    """Download until the connection has broken off too often, at byte ``at`` of the file."""
    file.cuts = [at, *[0] * len(downloads.WAITS_S)]
    error_of(url, folder)
    assert file.cuts == []
    file.asked.clear()


def kept(folder: Path) -> list[str]:
    """Return the kinds of files that a download left."""
    return sorted(Path(name).suffix for name in tree(folder))


@pytest.mark.parametrize("text", ["http://photos.example/a.zip", "HTTPS://photos.example"])
def test_http_addresses_are_urls(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["", "a.zip", "/http://a.zip", "ftp://photos.example/a.zip"])
def test_everything_else_is_no_url(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize("tells_length", [True, False])
def test_download_brings_every_byte(
    file: ServedFile, url: str, folder: Path, tells_length: bool
) -> None:
    file.tells_length = tells_length

    assert content_of(url, folder) == CONTENT
    assert len(file.asked) == 1


def test_bytes_are_those_on_the_server(file: ServedFile, url: str, folder: Path) -> None:
    file.encoding = "gzip"  # as servers declare a .tar.gz, whose checksum is that of the .tar.gz

    assert content_of(url, folder) == CONTENT
    assert file.asked[0][1]["Accept-Encoding"] == "identity"


def test_nothing_is_left_of_a_file_that_was_used(url: str, folder: Path) -> None:
    content_of(url, folder)

    assert kept(folder) == [".lock"]


def test_nothing_is_left_of_a_file_of_no_use(url: str, folder: Path) -> None:
    with pytest.raises(UserError, match="broken"), download(remote_file(url), folder):
        raise UserError("broken")

    assert kept(folder) == [".lock"]


def test_connection_that_breaks_off_is_resumed(
    file: ServedFile,
    url: str,
    folder: Path,
    waits: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file.cuts = [HALF, 1000]

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]
    assert waits == [1, 2]
    host = url.split("/")[2]
    assert f"the connection to {host} broke off; trying again in 1 s" in capsys.readouterr().err


def test_part_may_come_in_parts(file: ServedFile, url: str, folder: Path) -> None:
    file.cuts = [HALF]
    file.longest_part = HALF // 2

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges == [None, f"bytes={HALF}-", f"bytes={HALF + HALF // 2}-"]


def test_only_the_beginning_of_a_file_makes_it_a_web_page(
    file: ServedFile, url: str, folder: Path
) -> None:
    file.content = b"PK" + b"<" * 1_000_000
    file.cuts = [500_000]

    assert content_of(url, folder) == file.content
    assert file.asked_ranges == [None, "bytes=500000-"]


def test_connection_that_breaks_off_again_and_again_is_told(
    file: ServedFile, url: str, folder: Path, waits: list[float]
) -> None:
    file.cuts = [HALF, 0, 0, 0, 0]

    assert error_of(url, folder) == (
        f"cannot download {url}: the connection to {url.split('/')[2]} broke off; 0.1 of 0.3 MB "
        f"are here: run again to go on from there, {BY_HAND}"
    )
    assert waits == [1, 2, 4]


def test_next_run_goes_on_where_the_last_one_broke_off(
    file: ServedFile, url: str, folder: Path
) -> None:
    break_off(file, url, folder)

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges == [f"bytes={HALF}-"]


def test_run_that_is_interrupted_keeps_what_has_come(
    file: ServedFile, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    file.cuts = [HALF]
    with pytest.raises(KeyboardInterrupt), download(remote_file(url), folder):
        pytest.fail("nothing was to come")

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges == [None, f"bytes={HALF}-"]


def test_file_that_is_here_is_not_downloaded_again(
    file: ServedFile, url: str, folder: Path
) -> None:
    with pytest.raises(KeyboardInterrupt), download(remote_file(url), folder):
        raise KeyboardInterrupt
    file.asked.clear()

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges == [f"bytes={len(CONTENT) - 1}-"]


@pytest.mark.parametrize("heeds_if_range", [True, False])
@pytest.mark.parametrize(
    ("content", "etag", "last_modified"),
    [
        (OTHER, '"two"', MAY),
        (OTHER, "", JUNE),
        (OTHER[:-1], '"one"', MAY),
        (OTHER[: HALF - 1], '"one"', MAY),  # nothing there any more to go on with
    ],
)
def test_part_of_another_version_is_not_gone_on_with(
    file: ServedFile,
    url: str,
    folder: Path,
    content: bytes,
    etag: str,
    last_modified: str,
    heeds_if_range: bool,
) -> None:
    file.last_modified = MAY
    if not etag:
        file.etag = ""
    break_off(file, url, folder)

    file.content, file.etag, file.last_modified = content, etag, last_modified
    file.heeds_if_range = heeds_if_range

    assert content_of(url, folder) == content


def test_version_that_changes_between_two_attempts_begins_anew(
    file: ServedFile, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(_: float) -> None:
        file.content, file.etag = OTHER, '"two"'

    monkeypatch.setattr("time.sleep", change)
    file.cuts = [HALF]

    assert content_of(url, folder) == OTHER


@pytest.mark.parametrize(
    ("etag", "last_modified", "validator"),
    [('"one"', MAY, '"one"'), ("", MAY, MAY), ('W/"one"', MAY, MAY)],
)
def test_part_is_asked_for_by_what_names_its_version(
    file: ServedFile, url: str, folder: Path, etag: str, last_modified: str, validator: str
) -> None:
    file.etag, file.last_modified = etag, last_modified
    break_off(file, url, folder)

    content_of(url, folder)

    assert file.asked[0][1]["If-Range"] == validator


@pytest.mark.parametrize(
    ("etag", "tells_length"), [("", True), ('W/"one"', True), ('"one"', False)]
)
def test_part_of_a_version_without_a_name_begins_anew(
    file: ServedFile, url: str, folder: Path, etag: str, tells_length: bool
) -> None:
    file.etag, file.tells_length = etag, tells_length
    with pytest.raises(KeyboardInterrupt), download(remote_file(url), folder):
        raise KeyboardInterrupt
    file.content = OTHER

    assert content_of(url, folder) == OTHER
    assert file.asked_ranges[-1] is None


def test_server_without_ranges_sends_all_again(file: ServedFile, url: str, folder: Path) -> None:
    file.ranges = False
    file.cuts = [HALF, HALF]

    assert content_of(url, folder) == CONTENT


def test_damaged_state_begins_anew(file: ServedFile, url: str, folder: Path) -> None:
    break_off(file, url, folder)
    next(folder.glob("*.json")).write_text("{")

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges == [None]


def test_two_files_are_kept_apart(file: ServedFile, url: str, folder: Path) -> None:
    break_off(file, url, folder)

    assert content_of(f"{url}?another", folder) == CONTENT
    assert file.asked_ranges == [None]
    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges[1:] == [f"bytes={HALF}-"]


def test_second_run_leaves_the_first_alone(url: str, folder: Path) -> None:
    with download(remote_file(url), folder) as path:
        assert error_of(url, folder) == (
            f"another run is downloading {url} into {folder}; run again when it has ended"
        )
        assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_in_passing_trouble_is_asked_again(
    file: ServedFile, url: str, folder: Path, waits: list[float], status: int
) -> None:
    file.statuses = [status, status]

    assert content_of(url, folder) == CONTENT
    assert waits == [1, 2]


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [([503] * 4, "503 Service Unavailable"), ([429], "429 Too Many Requests")],
)
def test_server_in_lasting_trouble_is_told(
    file: ServedFile, url: str, folder: Path, statuses: list[int], answer: str
) -> None:
    file.statuses = statuses

    assert error_of(url, folder) == (
        f"cannot download {url}: {url.split('/')[2]} answers {answer}; run again later, {BY_HAND}"
    )
    assert file.statuses == []


@pytest.mark.parametrize(
    ("status", "answer"), [(404, "404 Not Found"), (403, "403 Forbidden"), (204, "204 No Content")]
)
def test_refusal_is_told_at_once(
    file: ServedFile, url: str, folder: Path, waits: list[float], status: int, answer: str
) -> None:
    file.statuses = [status]

    host = url.split("/")[2]
    assert error_of(url, folder) == (
        f"cannot download {url}: {host} answers {answer}; check the address, {BY_HAND}"
    )
    assert waits == []


def test_web_page_in_place_of_an_archive_is_told(file: ServedFile, url: str, folder: Path) -> None:
    file.content = b"\xef\xbb\xbf\n<!DOCTYPE html><title>Please\n log in</title><p>Name:</p>"

    assert error_of(url, folder) == (
        f"cannot download {url}: a web page (Please log in) came in place of an archive; open the "
        f"address in a browser to see why, {BY_HAND}"
    )
    assert kept(folder) == [".lock"]


def test_unreachable_server_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as unused:  # bound but not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"

        assert error_of(f"http://{host}/a.zip", folder) == (
            f"cannot download http://{host}/a.zip: {host} refuses the connection; check the "
            f"network and run again, {BY_HAND}"
        )


def test_no_network_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    monkeypatch.setenv("NO_PROXY", "*")

    assert error_of("https://photos.example/a.zip", folder) == (
        "cannot download https://photos.example/a.zip: photos.example is not found: the name is "
        f"wrong, or there is no network; check the network and run again, {BY_HAND}"
    )


def test_server_that_falls_silent_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            done.wait(10)

        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setattr(downloads, "TIMEOUT_S", 0.05)
    with serving(Silent) as address:
        error = error_of(f"{address}/a.zip", folder)
        done.set()

    assert (
        f"{address.removeprefix('http://')} has sent nothing for 30 s; check the network" in error
    )


@pytest.mark.parametrize("url", ["http://", "http://[::1", "https://*:a/"])
def test_malformed_address_is_told(folder: Path, url: str) -> None:
    assert error_of(url, folder) == (
        f"cannot download {url}: it is not a valid address; check the address, {BY_HAND}"
    )


def test_redirect_is_followed(file: ServedFile, url: str, folder: Path) -> None:
    class Redirecting(FileHandler):
        def answer(self) -> None:
            self.send_response(302)
            self.send_header("Location", url if self.path == "/once" else self.path)
            self.end_headers()

    Redirecting.file = file
    with serving(Redirecting) as address:
        assert content_of(f"{address}/once", folder) == CONTENT
        assert "it redirects in a circle; check the address" in error_of(f"{address}/on", folder)


def test_password_in_an_address_is_used_but_not_shown(
    file: ServedFile, url: str, folder: Path
) -> None:
    file.statuses = [403]
    secret = url.replace("http://", "http://me:pass@") + "#top"

    error = error_of(secret, folder)

    assert file.asked[0][1]["Authorization"].startswith("Basic ")
    assert error.startswith(f"cannot download {url}: ")
    assert remote_file(secret).source == url


def test_full_disk_takes_nothing_of_what_has_come(
    file: ServedFile, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_off(file, url, folder)

    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(downloads, "blocks_of", full)
        with pytest.raises(OSError, match="No space left"), download(remote_file(url), folder):
            pytest.fail("nothing was to come")

    assert content_of(url, folder) == CONTENT
    assert file.asked_ranges[-1] == f"bytes={HALF}-"
