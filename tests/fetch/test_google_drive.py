from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch.downloads import download
from colorizer.fetch.google_drive import drive_file
from tests import fake_drive
from tests.data_helpers import tree
from tests.fake_drive import Drive, serving_drive

CONTENT = bytes(range(256)) * 1000
HALF = len(CONTENT) // 2
REMOTE = drive_file("ID", name="the archive", by_hand="fetch it by hand")
FIRST = ["drive.google.com/uc", "drive.usercontent.google.com/download"]
CONFIRMED = [*FIRST, "drive.usercontent.google.com/download"]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, without waiting."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """A Google Drive with CONTENT, which every https request reaches."""
    drive = Drive(CONTENT)
    with serving_drive(drive, monkeypatch):
        yield drive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


def content_of(folder: Path) -> bytes:
    with download(REMOTE, folder) as path:
        return path.read_bytes()


def error_of(folder: Path) -> str:
    with pytest.raises(UserError) as raised, download(REMOTE, folder):
        pytest.fail("nothing was to come")
    return str(raised.value)


def test_file_is_known_by_the_address_of_its_id() -> None:
    assert REMOTE.source == "https://drive.google.com/uc?export=download&id=ID"


@pytest.mark.parametrize("confirms", [True, False])
def test_file_comes_with_or_without_a_form(drive: Drive, folder: Path, confirms: bool) -> None:
    drive.confirms = confirms

    assert content_of(folder) == CONTENT
    assert drive.asked == (CONFIRMED if confirms else FIRST)


@pytest.mark.parametrize("confirms", [True, False])
def test_transfer_that_breaks_off_is_resumed(
    drive: Drive, folder: Path, confirms: bool, waits: list[float]
) -> None:
    drive.confirms = confirms
    drive.file.cuts = [HALF]

    assert content_of(folder) == CONTENT
    assert drive.file.asked_ranges[-1] == f"bytes={HALF}-"
    assert waits == [1]


def test_next_run_goes_on_where_the_last_one_broke_off(drive: Drive, folder: Path) -> None:
    drive.file.cuts = [HALF, 0, 0, 0]

    assert error_of(folder) == (
        "cannot download the archive: the connection to drive.usercontent.google.com broke off; "
        "0.1 of 0.3 MB are here: run again to go on from there, or fetch it by hand"
    )
    assert content_of(folder) == CONTENT
    assert drive.file.asked_ranges[-1] == f"bytes={HALF}-"


def test_file_that_was_replaced_begins_anew(drive: Drive, folder: Path) -> None:
    drive.file.cuts = [HALF, 0, 0, 0]
    error_of(folder)

    drive.file.content, drive.file.last_modified = CONTENT[::-1], "Wed, 01 Jul 2026 00:00:00 GMT"
    assert content_of(folder) == CONTENT[::-1]


def test_file_that_became_shorter_begins_anew(drive: Drive, folder: Path) -> None:
    drive.file.cuts = [HALF, 0, 0, 0]
    error_of(folder)

    drive.file.content = CONTENT[:1000]
    assert content_of(folder) == CONTENT[:1000]


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize(
    ("page", "refusal"),
    [
        (
            (200, fake_drive.QUOTA),
            "its download quota on Google Drive is used up; run again tomorrow",
        ),
        (
            (403, fake_drive.QUOTA),
            "its download quota on Google Drive is used up; run again tomorrow",
        ),
        (
            (404, fake_drive.GONE),
            "it is gone from Google Drive; ask its authors where it is now",
        ),
        (
            (200, fake_drive.PRIVATE),
            "it is no longer shared with everybody on Google Drive; ask its authors for it",
        ),
        (
            (429, fake_drive.ROBOT),
            "Google takes this network's requests for a robot's; run again later",
        ),
        (
            (200, fake_drive.NEWS),
            "drive.usercontent.google.com answers 200 OK with a web page (Drive's new look) in "
            "place of the file; run again later",
        ),
        (
            (400, ""),
            "drive.usercontent.google.com answers 400 Bad Request with a web page (untitled) in "
            "place of the file; run again later",
        ),
    ],
)
def test_refusal_is_told_at_once(
    drive: Drive,
    folder: Path,
    page: tuple[int, str],
    refusal: str,
    is_confirmed: bool,
    waits: list[float],
) -> None:
    if is_confirmed:
        drive.confirmed_page = page
    else:
        drive.page = page

    assert error_of(folder) == f"cannot download the archive: {refusal}, or fetch it by hand"
    assert waits == []


def test_refusal_may_be_no_web_page(drive: Drive, folder: Path) -> None:
    drive.page = (403, '{"error": {"message": "The download quota exceeded."}}')
    drive.file.page_kind = "application/json"

    assert "its download quota on Google Drive is used up" in error_of(folder)


def test_pages_are_asked_for_in_english(drive: Drive, folder: Path) -> None:
    content_of(folder)

    assert {headers["Accept-Language"] for _, headers in drive.file.asked} == {"en"}


def test_file_is_known_by_its_disposition(drive: Drive, folder: Path) -> None:
    drive.file.kind = "text/html"

    assert content_of(folder) == CONTENT


def test_form_may_name_the_host_or_not(drive: Drive, folder: Path) -> None:
    form = fake_drive.CONFIRMATION.format(file_id="ID", token=fake_drive.TOKEN)
    drive.page = (200, form.replace("https://drive.usercontent.google.com/download", "/download"))

    assert content_of(folder) == CONTENT
    assert drive.asked == CONFIRMED


def test_refusal_takes_nothing_of_what_has_come(drive: Drive, folder: Path) -> None:
    drive.file.cuts = [HALF, 0, 0, 0]
    error_of(folder)
    drive.page = (200, fake_drive.QUOTA)
    error_of(folder)

    drive.page = None
    assert content_of(folder) == CONTENT
    assert drive.file.asked_ranges[-1] == f"bytes={HALF}-"


def test_form_that_leads_to_itself_is_told(drive: Drive, folder: Path) -> None:
    drive.confirmed_page = (200, fake_drive.CONFIRMATION)

    assert "with a web page (Google Drive - Virus scan warning)" in error_of(folder)
    assert drive.asked == CONFIRMED


def test_drive_in_passing_trouble_is_asked_again(
    drive: Drive, folder: Path, waits: list[float]
) -> None:
    drive.file.statuses = [500, 503]

    assert content_of(folder) == CONTENT
    assert waits == [1, 2]


def test_page_that_calls_itself_a_file_is_told(drive: Drive, folder: Path) -> None:
    drive.file.content = fake_drive.NEWS.encode()

    assert "a web page (Drive's new look) came in place of an archive" in error_of(folder)
    assert [Path(name).suffix for name in tree(folder)] == [".lock"]


def test_no_network_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    monkeypatch.setenv("NO_PROXY", "*")

    assert error_of(folder) == (
        "cannot download the archive: drive.google.com is not found: the name is wrong, or there "
        "is no network; check the network and run again, or fetch it by hand"
    )
