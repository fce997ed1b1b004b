"""What a web page says: its title, its text and its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNSEEN = ("script", "style", "title")


@dataclass
class Form:
    """Where a form is sent, and its hidden values."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """A web page, with every run of white space as one space."""

    title: str
    text: str
    forms: dict[str, Form]


def is_page(content: bytes) -> bool:
    """Tell whether a file that begins with ``content`` is a web page, which no archive is."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read_page(content: bytes) -> Page:
    """Read a web page in UTF-8, however broken; its forms are keyed by ``id``."""
    reader = _Reader()
    reader.feed(content.decode("utf-8", "replace"))
    reader.close()
    return Page(_joined(reader.title), _joined(reader.text), reader.forms)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.text: list[str] = []
        self.forms: dict[str, Form] = {}
        self._form: Form | None = None
        self._element = ""  # the innermost of those in UNSEEN

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in UNSEEN:
            self._element = tag
        elif tag == "form":
            self._form = self.forms[values.get("id", "")] = Form(values.get("action", ""))
        elif tag == "input" and self._form and values.get("type") == "hidden":
            self._form.fields[values.get("name", "")] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._element:
            self._element = ""
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._element == "title":
            self.title.append(data)
        elif not self._element:
            self.text.append(data)


def _joined(parts: list[str]) -> str:
    return " ".join(" ".join(parts).split())
