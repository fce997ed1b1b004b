"""What the pages for people say of files, headings and parameters is there."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PARAMS_FILE, REPOSITORY

PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
PARAMS: dict[str, Any] = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
BLOCKS = "|".join(name for name, content in PARAMS.items() if isinstance(content, dict))
README_LINES = 200

FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[`~]* *$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(
    r"\]\(\s*<?(?P<inline>[^\s()<>]+)>?(?:\s+\"[^\"]*\")?\s*\)"  # [text](target "title")
    r"|^ {0,3}\[[^\]]+\]:\s*<?(?P<defined>[^\s<>]+)"  # [name]: target
    r"|(?:src|href)=\"(?P<html>[^\"]+)\"",
    re.MULTILINE,
)
EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)
SET_KEY = re.compile(r"(?<![\w-])-S\s+[\"']?([\w.]+)=")
NAMED_KEY = re.compile(rf"`((?:{BLOCKS})(?:\.[a-z_0-9]+)+)(?:=[^`]*)?`")


def broken_links(page: Path) -> Iterator[str]:
    """Say which relative links of a page lead nowhere: page, line, link and what is missing."""
    text = page.read_text(encoding="utf-8")
    for link in LINK.finditer(_blanked(text, FENCE, COMMENT, CODE)):
        target = next(filter(None, link.groups()))
        if EXTERNAL.match(target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists():
            yield f"{_place(page, text, link.start())}: {target}: no such file"
        elif anchor and anchor not in anchors(file):
            yield f"{_place(page, text, link.start())}: {target}: no such heading"


def unknown_keys(page: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    """Say which keys, as ``pattern`` finds them in a page, params.yaml does not have."""
    text = page.read_text(encoding="utf-8")
    for match in pattern.finditer(text):
        branch: Any = PARAMS
        for part in match[1].split("."):
            branch = branch.get(part, None) if isinstance(branch, dict) else None
        if branch is None:
            yield f"{_place(page, text, match.start())}: {match[1]}: not in params.yaml"


def anchors(file: Path) -> set[str]:
    """Return the anchors of a page's headings that work both on GitHub and on the site."""
    text = _blanked(file.read_text(encoding="utf-8"), FENCE, COMMENT)
    titles = [
        re.sub(r"!?\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", title) for title in HEADING.findall(text)
    ]
    return _numbered(titles, _on_github, "-") & _numbered(titles, _on_the_site, "_")


def _on_github(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _on_the_site(title: str) -> str:
    """Make an anchor as the ``toc`` extension of Python-Markdown does."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _numbered(titles: list[str], slug: Callable[[str], str], mark: str) -> set[str]:
    """Make anchors of titles; those that occur again get a number."""
    seen: Counter[str] = Counter()
    made = set()
    for title in titles:
        anchor = slug(title)
        made.add(f"{anchor}{mark}{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return made


def _blanked(text: str, *patterns: re.Pattern[str]) -> str:
    """Put spaces in place of what matches, and leave every line where it is."""
    for pattern in patterns:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def _place(page: Path, text: str, position: int) -> str:
    shown = page.relative_to(REPOSITORY) if page.is_relative_to(REPOSITORY) else page
    return f"{shown}:{text.count(chr(10), 0, position) + 1}"


def _name(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_keys_that_commands_set_are_in_params_yaml(page: Path) -> None:
    assert list(unknown_keys(page, SET_KEY)) == []


# The changelog also names keys of the past.
@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "CHANGELOG"], ids=_name)
def test_keys_in_the_text_are_in_params_yaml(page: Path) -> None:
    assert list(unknown_keys(page, NAMED_KEY)) == []


def test_the_front_door_stays_short() -> None:
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_a_broken_link_is_told_with_its_page_and_line(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text(
        "# It's `there`\n\n## Twice\n\n## Twice\n\n```\n# no\n```\n"
    )
    page = tmp_path / "page.md"
    page.write_text(
        "[fine](there.md#its-there) [fine](there.md#twice) [fine](https://example.org/no)\n"
        "`[code](no.md)` [wrapped\nlink](no.md) [two](there.md#no) ![no](no.jpg)\n\n"
        "```\n[code](no.md)\n```\n\n[defined]: gone.md\n[here](#nowhere)\n"
        '<img src="no.png">\n'
    )
    assert list(broken_links(page)) == [
        f"{page}:3: no.md: no such file",
        f"{page}:3: there.md#no: no such heading",
        f"{page}:3: no.jpg: no such file",
        f"{page}:9: gone.md: no such file",
        f"{page}:10: #nowhere: no such heading",
        f"{page}:11: no.png: no such file",
    ]


def test_an_unknown_key_is_told_with_its_page_and_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\ndvc exp run -S epochs=3 -S 'launcher=torchrun' -S \\\n  -S train.unet.learning=1\n"
        "```\nthe default, `train.unet.lr=0.1`, or `prepare.sise`; `git log -S nothing`\n"
    )
    assert list(unknown_keys(page, SET_KEY)) == [
        f"{page}:3: train.unet.learning: not in params.yaml"
    ]
    assert list(unknown_keys(page, NAMED_KEY)) == [f"{page}:5: prepare.sise: not in params.yaml"]
