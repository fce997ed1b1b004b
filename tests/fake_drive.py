"""A server on this machine that plays Google Drive, and the way of requests to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.data_helpers import serving
from tests.file_server import FileHandler, ServedFile

TOKEN = "5f1c9a4e"  # noqa: S105  no secret: Drive writes such a thing into its form
CONFIRMATION = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>
<style>p</style></head><body><p>Google Drive can't scan this file for viruses.</p>
<form id="search" action="https://www.google.com/search"><input type="hidden" name="q" value="x">
</form><form id="download-form" action="https://drive.usercontent.google.com/download"
method="get"><input type="submit" id="uc-download-link" value="Download anyway"/>
<input type="hidden" name="id" value="{file_id}">
<input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="{token}">
</form></body></html>"""
QUOTA = """<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head><body>
<a href="https://accounts.google.com">Sign in</a><p class="uc-error-caption">Sorry, not now.</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently.</p>
</body></html>"""
GONE = "<html><title>Error 404 (Not Found)!!1</title><p>The file does not exist.</html>"
PRIVATE = "<html><title>Google Drive: Sign-in</title><p>You need access. Ask the owner.</html>"
ROBOT = "<html><title>Sorry...</title><p>Your network may be sending automated queries.</html>"
NEWS = "<html><head><title>Drive&#39;s new look</title></head><body>Welcome!</body></html>"


class Drive:
    """What the server does.

    Attributes
    ----------
    file : ServedFile
        The file; the paths that it was asked for begin with the host.
    file_id : str
        Its id.
    confirms : bool
        Whether it comes only after a page with a form.
    page, confirmed_page : (int, str) or None
        A status and a page that come in place of the first answer, or after the form.
    """

    def __init__(self, content: bytes, file_id: str = "ID") -> None:
        self.file_id = file_id
        self.file = ServedFile(content, etag="", last_modified="Tue, 06 Oct 2020 10:00:00 GMT")
        self.confirms = True
        self.page: tuple[int, str] | None = None
        self.confirmed_page: tuple[int, str] | None = None

    @property
    def asked(self) -> list[str]:
        """The hosts and paths that were asked for, without their queries."""
        return [path.strip("/").partition("?")[0] for path, _ in self.file.asked]


class DriveHandler(FileHandler):
    """Answers as Google Drive does: redirect, page, file."""

    drive: Drive

    def answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/drive.google.com/uc":
            self.send_response(303)
            to = f"https://drive.usercontent.google.com/download?{parts.query}"
            self.send_header("Location", to)
            self.end_headers()
        elif (query.get("id"), query.get("export")) != (self.drive.file_id, "download"):
            self.send_page(404, GONE)
        else:
            self._answer_download(query)

    def _answer_download(self, query: dict[str, str]) -> None:
        confirmed = query.get("confirm") == "t" and query.get("uuid") == TOKEN
        page = self.drive.confirmed_page if confirmed else self.drive.page
        if page:
            self.send_page(*page)
        elif self.drive.confirms and not confirmed:
            self.send_page(200, CONFIRMATION.format(file_id=self.drive.file_id, token=TOKEN))
        else:
            self.send_file(disposition='attachment; filename="a.zip"')


class Routed(HTTPAdapter):
    """Sends what is meant for any host to ``server``, the host being the path's first part."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self.server = server

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        asked = str(request.url)
        request.url = f"{self.server}/{asked.removeprefix('https://')}"
        try:
            response = super().send(request, *args, **kwargs)
        finally:
            request.url = asked
        response.url = asked
        return response


@contextmanager
def serving_drive(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let ``drive`` answer every https request of this process until the block ends."""

    class Handler(DriveHandler):
        pass

    Handler.drive, Handler.file = drive, drive.file
    with serving(Handler) as server, monkeypatch.context() as patched:

        class Session(requests.Session):
            def __init__(self) -> None:
                super().__init__()
                self.mount("https://", Routed(server))

        patched.setattr(requests, "Session", Session)
        yield
