from __future__ import annotations

import json
import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch.resume import Begun, Version, partial_of

SOURCE = "https://photos.example/a.zip"
VERSION = Version(bytes=100, etag='"one"', last_modified="")
STATE = {"bytes": 100, "etag": '"one"', "last_modified": ""}


def begin(folder: Path, content: bytes, version: Version = VERSION) -> None:
    with partial_of(SOURCE, folder) as partial:
        partial.begin(version)
        partial.file.write_bytes(content)


@pytest.mark.parametrize(("size", "offset"), [(1, 1), (50, 50), (99, 99), (100, 99)])
def test_what_has_come_is_there_for_the_next_run(tmp_path: Path, size: int, offset: int) -> None:
    begin(tmp_path, b"x" * size)

    with partial_of(SOURCE, tmp_path) as partial:
        assert partial.begun() == Begun(VERSION, offset)


@pytest.mark.parametrize(
    ("size", "version"),
    [
        (0, VERSION),
        (101, VERSION),
        (50, Version(bytes=None, etag='"one"', last_modified="")),
        (50, Version(bytes=100, etag="", last_modified="")),
        (50, Version(bytes=100, etag='W/"one"', last_modified="")),
        (1, Version(bytes=1, etag='"one"', last_modified="")),
    ],
)
def test_what_cannot_be_gone_on_with_is_not(tmp_path: Path, size: int, version: Version) -> None:
    begin(tmp_path, b"x" * size, version)

    with partial_of(SOURCE, tmp_path) as partial:
        assert partial.begun() is None


@pytest.mark.parametrize(
    "state",
    ["", "[]", "{}", "1", json.dumps(STATE | {"bytes": "100"}), json.dumps(STATE | {"more": 1})],
)
def test_state_that_is_not_ours_begins_anew(tmp_path: Path, state: str) -> None:
    begin(tmp_path, b"x" * 50)

    with partial_of(SOURCE, tmp_path) as partial:
        partial.version_file.write_text(state)
        assert partial.begun() is None


def test_beginning_anew_drops_what_has_come(tmp_path: Path) -> None:
    begin(tmp_path, b"x" * 50)

    with partial_of(SOURCE, tmp_path) as partial:
        partial.begin(VERSION)
        assert partial.file.read_bytes() == b""
        partial.remove()
        assert not partial.file.exists()
        assert not partial.version_file.exists()


@pytest.mark.parametrize(
    ("headers", "goes_on"),
    [
        ({"Content-Range": "bytes 50-99/100"}, True),
        ({"Content-Range": "bytes 50-99/100", "ETag": '"one"'}, True),
        ({"Content-Range": "bytes 50-99/100", "ETag": '"two"'}, False),
        ({"Content-Range": "bytes 50-99/100", "Last-Modified": "today"}, False),
        ({"Content-Range": "bytes 49-99/100"}, False),
        ({"Content-Range": "bytes 50-99/101"}, False),
        ({"Content-Range": "bytes 50-99/*"}, False),
        ({}, False),
    ],
)
def test_rest_of_the_same_version_is_known(headers: dict[str, str], goes_on: bool) -> None:
    assert Begun(VERSION, 50).goes_on_in(headers) is goes_on


@pytest.mark.parametrize("length", ["", "x", "-1", "²"])
def test_length_that_is_none_is_unknown(length: str) -> None:
    assert Version.of({"Content-Length": length}).bytes is None


def _hold(folder: Path, held: Event) -> None:
    with partial_of(SOURCE, folder):
        held.set()
        multiprocessing.Event().wait()


def test_lock_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    other = context.Process(target=_hold, args=(tmp_path, held), daemon=True)
    other.start()
    assert held.wait(20)

    with (
        pytest.raises(UserError, match="another run is downloading"),
        partial_of(SOURCE, tmp_path),
    ):
        pytest.fail("two runs hold it")
    other.kill()
    other.join()

    with partial_of(SOURCE, tmp_path) as partial:
        assert partial.begun() is None
