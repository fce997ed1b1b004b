"""A web server of one file that can be told to misbehave."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.data_helpers import serving


@dataclass
class ServedFile:
    """A file on a server, and what is wrong with that server.

    Attributes
    ----------
    cuts : list of int
        The connections of the next answers end after so many bytes of the body.
    statuses : list of int
        The next answers are errors.
    ranges : bool
        Whether parts of the file are given out.
    heeds_if_range : bool
        Whether a part is given out only of the version asked for.
    longest_part : int
        The most bytes that come in a part.
    tells_length : bool
        Whether the length is announced.
    kind, page_kind : str
        What the file, and a web page, are said to be.
    asked : list of (str, dict)
        The path and the headers of every request.
    """

    content: bytes
    etag: str = '"one"'
    last_modified: str = ""
    encoding: str = ""
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    heeds_if_range: bool = True
    longest_part: int = sys.maxsize
    tells_length: bool = True
    kind: str = "application/octet-stream"
    page_kind: str = "text/html; charset=utf-8"
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def asked_ranges(self) -> list[str | None]:
        """The Range of every request."""
        return [headers.get("Range") for _, headers in self.asked]


class FileHandler(BaseHTTPRequestHandler):
    """Gives out ``file`` at every path."""

    file: ServedFile

    def do_GET(self) -> None:
        self.file.asked.append((self.path, dict(self.headers.items())))
        self.answer()

    def answer(self) -> None:
        self.send_file()

    def send_file(self, disposition: str = "") -> None:
        """Answer with the file, or with what went wrong with it."""
        file = self.file
        if file.statuses:
            self.send_page(file.statuses.pop(0), "")
            return
        size, begin = len(file.content), self._begin()
        if begin >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        end = min(size, begin + file.longest_part) if begin else size
        for name, value in {
            "Content-Type": file.kind,
            "Content-Disposition": disposition,
            "Content-Encoding": file.encoding,
            "Content-Length": end - begin if file.tells_length else "",
            "Content-Range": f"bytes {begin}-{end - 1}/{size}" if begin else "",
            "ETag": file.etag,
            "Last-Modified": file.last_modified,
        }.items():
            if value:
                self.send_header(name, str(value))
        self.end_headers()
        self._send_body(file.content[begin:end])

    def send_page(self, status: int, html: str) -> None:
        """Answer with a web page."""
        self.send_response(status)
        self.send_header("Content-Type", self.file.page_kind)
        self.send_header("Content-Length", str(len(html.encode())))
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, *arguments: object) -> None:
        pass

    def _begin(self) -> int:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        known = self.headers.get("If-Range") in (self.file.etag, self.file.last_modified)
        if not wanted or not self.file.ranges or not (known or not self.file.heeds_if_range):
            return 0
        return int(wanted[1])

    def _send_body(self, body: bytes) -> None:
        if self.file.cuts:
            self.wfile.write(body[: self.file.cuts.pop(0)])
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(body)


@contextmanager
def serving_file(file: ServedFile) -> Iterator[str]:
    """Give the address at which a file is served until the block ends."""

    class Handler(FileHandler):
        pass

    Handler.file = file
    with serving(Handler) as address:
        yield f"{address}/a.zip"
