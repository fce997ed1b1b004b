from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from colorizer.common.errors import UserError
from colorizer.fetch.entry_names import (
    decode_name,
    is_archive,
    is_photograph,
    require_distinct,
    safe_path,
    why_unusable,
)

CONTROL, LONG = "with control characters in the name", "with a name too long"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"hills/a.jpg", "hills/a.jpg"),
        ("Hügel/ä.jpg".encode(), "Hügel/ä.jpg"),
        (b"H\x81gel/\x84.jpg", "Hügel/ä.jpg"),  # code page 437
        (b"\x8eR.jpg", "ÄR.jpg"),  # Shift JIS, taken for code page 437
    ],
)
def test_any_bytes_become_a_name(name: bytes, text: str) -> None:
    assert decode_name(name) == text


def test_every_byte_is_a_character() -> None:
    assert len(decode_name(bytes(range(256)))) == 256


@pytest.mark.parametrize(
    ("name", "path"),
    [("a.jpg", "a.jpg"), ("./a/./b.jpg", "a/b.jpg"), ("a\\b.jpg", "a/b.jpg"), ("a//b", "a/b")],
)
def test_safe_path_is_relative(name: str, path: str) -> None:
    assert safe_path("ARCHIVE", name, is_link=False) == PurePosixPath(path)


@pytest.mark.parametrize("name", ["..", "a/..", "/a", "\\a", "C:a", "c:\\a", "//server/share/a"])
def test_unsafe_path_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"^archive ARCHIVE is not safe: its entry "):
        safe_path("ARCHIVE", name, is_link=False)


@pytest.mark.parametrize(
    ("name", "photograph", "archive"),
    [
        ("a.jpg", True, False),
        ("hills/a.TIFF", True, False),
        ("a.jpg/notes.txt", False, False),
        (".a.jpg", False, False),
        (".trash/a.jpg", False, False),
        ("__MACOSX/a.jpg", False, False),
        ("a.zip", False, True),
        ("hills/a.tar.GZ", False, True),
        (".a.zip", False, False),
        ("zip", False, False),
    ],
)
def test_kind_goes_by_the_suffix(name: str, photograph: bool, archive: bool) -> None:
    assert is_photograph(PurePosixPath(name)) is photograph
    assert is_archive(PurePosixPath(name)) is archive


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.jpg", ""),
        ("ä 1:2?.jpg", ""),
        ("a\n.jpg", CONTROL),
        ("a\x7f.jpg", CONTROL),
        ("a\0.jpg", CONTROL),
        ("a\x1b[31m/b.jpg", CONTROL),
        ("\udce9.jpg", CONTROL),
        ("x" * 251 + ".jpg", ""),
        ("x" * 252 + ".jpg", LONG),
        ("ü" * 125 + ".jpg", ""),
        ("ü" * 126 + ".jpg", LONG),
        ("x" * 252 + ".jpg/a.jpg", LONG),
        ("x/" * 347 + "aa.jpg", ""),
        ("x/" * 348 + "aa.jpg", LONG),
    ],
)
def test_names_that_no_disk_or_manifest_takes_are_known(name: str, reason: str) -> None:
    assert why_unusable(PurePosixPath(name)) == reason


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["a.jpg", "b.jpg"],
        ["a/a.jpg", "b/a.jpg", "a.jpg"],
        ["a.jpg", "a.jpeg", "a.jpg2/a.jpg"],
        ["ss.jpg", "s.jpg"],
        ["Hills/a.jpg", "hills/b.jpg"],
    ],
)
def test_distinct_names_are_taken(names: list[str]) -> None:
    require_distinct("ARCHIVE", names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.jpg", "A.JPG"),
        ("hills/a.jpg", "Hills/a.jpg"),
        ("\N{LATIN SMALL LETTER A WITH DIAERESIS}.jpg", "a\N{COMBINING DIAERESIS}.jpg"),
        ("A\N{COMBINING DIAERESIS}.jpg", "\N{LATIN SMALL LETTER A WITH DIAERESIS}.jpg"),
        ("STRASSE.jpg", "straße.jpg"),
        ("a.jpg", "a.jpg/b.jpg"),
        ("A.jpg/x/y/b.jpg", "a.JPG"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_names_that_want_the_same_place_are_refused(one: str, other: str, turned: bool) -> None:
    names = [other, "c.jpg", one] if turned else [one, "c.jpg", other]

    with pytest.raises(UserError) as raised:
        require_distinct("ARCHIVE", names)

    message = str(raised.value)
    assert message.startswith("archive ARCHIVE holds ")
    assert repr(one) in message
    assert repr(other) in message
    assert "of which some disks can hold only one; nothing was extracted" in message


def test_the_same_name_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"^archive ARCHIVE holds two photographs named 'a\.jpg'"):
        require_distinct("ARCHIVE", ["a.jpg", "b.jpg", "a.jpg"])
