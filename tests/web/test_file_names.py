from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorizer.web.file_names import (
    MAX_LENGTH,
    clean_name,
    colored_name,
    known_suffix,
    make_distinct,
)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Großmutter 1910.jpg", "Großmutter 1910.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\old.png", "old.png"),
        ('a"b<c>|d?*:.tif', "abcd.tif"),
        ("line\nbreak\0.jpg", "linebreak.jpg"),
        ("..", "photograph"),
        ("", "photograph"),
        (".jpg", "jpg"),
        ("x" * 300 + ".jpg", "x" * MAX_LENGTH + ".jpg"),
    ],
)
def test_names_keep_what_belongs_into_them(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@given(st.text())
def test_any_name_becomes_one_that_is_safe(name: str) -> None:
    cleaned = clean_name(name)

    assert 1 <= len(cleaned) <= 2 * MAX_LENGTH
    assert cleaned.isprintable()
    assert not set(cleaned) & set('/\\:*?"<>|')
    assert cleaned.strip(". ")
    assert not cleaned.startswith(".")


def test_suffixes_are_those_of_photographs() -> None:
    assert [known_suffix(name) for name in ("a.JPG", "a.heic", "a.gif", "a.exe", "a")] == [
        ".jpg",
        ".heic",
        ".gif",
        "",
        "",
    ]


def test_results_keep_their_format_if_it_can_be_written() -> None:
    assert colored_name("old.JPG") == ("old_color.JPG", "jpeg")
    assert colored_name("scan.tif") == ("scan_color.tif", "tiff")
    assert colored_name("film.gif") == ("film_color.png", "png")
    assert colored_name("photograph") == ("photograph_color.png", "png")


def test_names_that_are_the_same_are_numbered() -> None:
    assert make_distinct(["a.jpg", "b.jpg", "A.jpg", "a.jpg", "a-2.jpg"]) == [
        "a.jpg",
        "b.jpg",
        "A-2.jpg",
        "a-3.jpg",
        "a-2-2.jpg",
    ]
