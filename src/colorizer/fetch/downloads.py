"""Downloads over http(s) that resume where they broke off, with a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests
from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.fetch.drive_pages import is_page, read_page
from colorizer.fetch.http import (
    NETWORK_ERRORS,
    TIMEOUT_S,
    UnhelpfulAnswerError,
    answer_of,
    blocks_of,
    is_transient,
    public_address,
    reason_of,
)
from colorizer.fetch.resume import Partial, Version, partial_of

WAITS_S = (1.0, 2.0, 4.0)  # before each further attempt

Open = Callable[[requests.Session, Mapping[str, str]], requests.Response]


@dataclass(frozen=True)
class Remote:
    """A file on a server.

    Attributes
    ----------
    source : str
        Its address, which may be shown and recorded.
    name : str
        Its name in messages.
    open : callable
        Requests it in a session, with extra headers, and returns the answer before its body is
        read. May raise :class:`UnhelpfulAnswerError` and :data:`NETWORK_ERRORS`.
    by_hand : str
        How a user can get it without this program.
    """

    source: str
    name: str
    open: Open
    by_hand: str


class _BrokenOffError(requests.RequestException):
    """A download that has to be resumed; the message says why."""


def is_url(text: str) -> bool:
    """Tell whether ``text`` is an http or https address."""
    return text.lower().startswith(("http://", "https://"))


def remote_file(url: str) -> Remote:
    """Return the file at an http(s) address."""

    def open_(session: requests.Session, headers: Mapping[str, str]) -> requests.Response:
        return session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)

    source = public_address(url)
    by_hand = "download it by hand and set fetch.archive to the file's path"
    return Remote(source=source, name=source, open=open_, by_hand=by_hand)


@contextmanager
def download(remote: Remote, folder: Path) -> Iterator[Path]:
    """Download a file, and yield its path until the block ends.

    If the download or the run breaks off, what has arrived stays in ``folder``: the next run
    resumes from there, unless the server has another version by then. It is removed once the block
    succeeds, or fails with a :class:`UserError`, which means that the file is of no use.

    Raises
    ------
    UserError
        If the server cannot be reached, does not send the file or keeps breaking off, or if
        another run is downloading the same file.
    """
    with partial_of(remote.source, folder) as partial:
        _download(remote, partial)
        try:
            yield partial.file
        except UserError:
            partial.remove()
            raise
        partial.remove()


def _download(remote: Remote, partial: Partial) -> None:
    with requests.Session() as session:
        # The bytes as the server stores them: only those have its length, ranges and checksum.
        session.headers["Accept-Encoding"] = "identity"
        for wait_s in (*WAITS_S, None):
            try:
                _transfer(remote, session, partial)
                return
            except UnhelpfulAnswerError as error:
                raise _failure(remote, str(error), error.remedy) from error
            except NETWORK_ERRORS as error:
                reason = str(error) if isinstance(error, _BrokenOffError) else reason_of(error)
                if wait_s is None or not is_transient(error):
                    raise _failure(remote, reason, _remedy(error, partial)) from error
                tqdm.write(f"{reason}; trying again in {wait_s:g} s", file=sys.stderr)
                time.sleep(wait_s)


def _transfer(remote: Remote, session: requests.Session, partial: Partial) -> None:
    begun = partial.begun()
    with remote.open(session, begun.headers if begun else {}) as response:
        status = response.status_code
        if status == HTTPStatus.OK:
            version, offset = Version.of(response.headers), 0
            partial.begin(version)
        elif begun and status == HTTPStatus.PARTIAL_CONTENT and begun.goes_on_in(response.headers):
            version, offset = begun.version, begun.offset
        elif begun and status in (
            HTTPStatus.PARTIAL_CONTENT,
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        ):
            partial.remove()
            raise _BrokenOffError("the file on the server has changed since the download began")
        else:
            response.raise_for_status()
            raise UnhelpfulAnswerError(answer_of(response), "check the address")
        _receive(response, partial, version, offset)
    size = partial.file.stat().st_size
    if version.bytes is not None and size != version.bytes:
        raise _BrokenOffError(f"only {size} of {version.bytes} bytes came")


def _receive(response: requests.Response, partial: Partial, version: Version, offset: int) -> None:
    bar = tqdm(desc="download", initial=offset, total=version.bytes, unit="B", unit_scale=True)
    with partial.file.open("r+b") as file, bar:
        file.seek(offset)
        for block in blocks_of(response):
            if file.tell() == 0 and is_page(block):
                partial.remove()
                title = read_page(block).title or "untitled"
                raise UnhelpfulAnswerError(
                    f"a web page ({title}) came in place of an archive",
                    "open the address in a browser to see why",
                )
            file.write(block)
            bar.update(len(block))


def _remedy(error: Exception, partial: Partial) -> str:
    begun = partial.begun()
    if begun and is_transient(error):
        have, total = begun.offset / 1e6, (begun.version.bytes or 0) / 1e6
        return f"{have:.1f} of {total:.1f} MB are here: run again to go on from there"
    if isinstance(error, requests.HTTPError) and _asks_for_patience(error):
        return "run again later"
    if isinstance(error, (requests.HTTPError, requests.TooManyRedirects, ValueError)):
        return "check the address"
    return "check the network and run again"


def _asks_for_patience(error: requests.HTTPError) -> bool:
    status = error.response.status_code
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500


def _failure(remote: Remote, reason: str, remedy: str) -> UserError:
    return UserError(f"cannot download {remote.name}: {reason}; {remedy}, or {remote.by_hand}")
