from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch.provenance import (
    SOURCE,
    Digest,
    Origin,
    read_record,
    write_record,
    write_source,
)

URL = "https://photos.example/a.zip"
OTHER_URL = "https://other.example/b.zip"
DIGEST = Digest(sha256="0" * 64, bytes=10)
OTHER = Digest(sha256="f" * 64, bytes=11)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "data" / "downloads.json"


def test_digest_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"content")

    assert Digest.of(file) == Digest(sha256=hashlib.sha256(b"content").hexdigest(), bytes=7)


def test_record_is_kept(records: Path) -> None:
    assert read_record(records, URL) is None
    write_record(records, URL, DIGEST)

    assert read_record(records, URL) == DIGEST
    assert read_record(records, OTHER_URL) is None


def test_records_are_sorted_and_end_in_a_line_feed(records: Path) -> None:
    write_record(records, URL, DIGEST)
    write_record(records, OTHER_URL, OTHER)
    write_record(records, URL, OTHER)

    assert records.read_bytes() == (
        b'{\n  "https://other.example/b.zip": {\n'
        b'    "sha256": "' + b"f" * 64 + b'",\n    "bytes": 11\n  },\n'
        b'  "https://photos.example/a.zip": {\n'
        b'    "sha256": "' + b"f" * 64 + b'",\n    "bytes": 11\n  }\n}\n'
    )


def test_record_that_says_the_same_is_not_written_again(records: Path) -> None:
    records.parent.mkdir()
    records.write_text(json.dumps({URL: {"bytes": 10, "sha256": "0" * 64}}))
    before = records.read_bytes()

    write_record(records, URL, DIGEST)

    assert records.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "<<<<<<< HEAD", "[]", '{"a": 1}', '{"a": {}}', '{"a": {"sha256": "0"}}']
)
def test_records_that_cannot_be_understood_are_told(records: Path, content: str) -> None:
    records.parent.mkdir()
    records.write_text(content)

    with pytest.raises(UserError) as raised:
        read_record(records, URL)

    assert str(raised.value) == (
        f"{records} must hold an address, sha256 and bytes for every download, as JSON; restore "
        f"it with: git checkout {records}"
    )


@pytest.mark.parametrize(
    ("origin", "content"),
    [
        (Origin("data/sample"), {"origin": "sample"}),
        (Origin("/home/me/photographs/"), {"origin": "photographs"}),
        (
            Origin("/home/me/a.zip", archive=DIGEST),
            {"origin": "a.zip", "archive": {"sha256": "0" * 64, "bytes": 10}},
        ),
        (
            Origin(URL, archive=DIGEST, is_remote=True),
            {"origin": URL, "archive": {"sha256": "0" * 64, "bytes": 10}},
        ),
    ],
)
def test_source_names_what_is_the_same_on_every_machine(
    tmp_path: Path, origin: Origin, content: dict[str, object]
) -> None:
    write_source(tmp_path, "archive", origin)

    assert json.loads((tmp_path / SOURCE).read_text()) == {"dataset": "archive", **content}


def test_source_of_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    write_source(tmp_path, "folder", Origin("."))

    assert json.loads((tmp_path / SOURCE).read_text())["origin"] == tmp_path.name
