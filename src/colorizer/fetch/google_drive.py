"""Files shared on Google Drive, whose answers are meant for browsers.

gdown (6.5.1) would do most of this. It is not used because it continues what an earlier run left
without knowing which version that was: its If-Range names the version that today's answer has, so
that two versions of an archive may end up in one file. Here :mod:`colorizer.fetch.resume` keeps
the version beside the part. gdown would also bring an HTML parser, a lock and a proxy library.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from urllib.parse import urljoin

import requests

from colorizer.fetch.downloads import Remote
from colorizer.fetch.drive_pages import Page, read_page
from colorizer.fetch.http import TIMEOUT_S, UnhelpfulAnswerError, answer_of, blocks_of

PAGE_BLOCKS = 16  # a megabyte; a page has some kilobytes
CONFIRMATION = "download-form"
# Keeps the pages in the language of REFUSALS.
LANGUAGE = {"Accept-Language": "en"}
# Words on a page, the reason that they imply, and what may help.
REFUSALS = (
    (
        ("quota exceeded", "too many users have viewed or downloaded"),
        "its download quota on Google Drive is used up",
        "run again tomorrow",
    ),
    (
        ("automated queries", "unusual traffic"),
        "Google takes this network's requests for a robot's",
        "run again later",
    ),
    (
        ("not found", "does not exist", "has been deleted"),
        "it is gone from Google Drive",
        "ask its authors where it is now",
    ),
    (
        ("sign in", "need access", "access denied"),
        "it is no longer shared with everybody on Google Drive",
        "ask its authors for it",
    ),
)


def drive_file(file_id: str, name: str, by_hand: str) -> Remote:
    """Return a file that is shared with everyone on Google Drive.

    Parameters
    ----------
    file_id : str
        Its identifier on Drive.
    name : str
        Its name in messages.
    by_hand : str
        How a user can get it without this program.
    """
    address = f"https://drive.google.com/uc?export=download&id={file_id}"

    def open_(session: requests.Session, headers: Mapping[str, str]) -> requests.Response:
        return _open(session, address, headers)

    return Remote(source=address, name=name, open=open_, by_hand=by_hand)


def _open(
    session: requests.Session, address: str, headers: Mapping[str, str]
) -> requests.Response:
    answer = _ask(session, address, headers)
    if not _is_page(answer):
        return answer
    page = _read(answer)
    # A file too large for Google's virus scan comes only once this form is sent.
    form = page.forms.get(CONFIRMATION)
    if form is None:
        raise _refusal(answer, page)
    answer = _ask(session, urljoin(answer.url, form.action), headers, form.fields)
    if _is_page(answer):
        raise _refusal(answer, _read(answer))
    return answer


def _ask(
    session: requests.Session,
    address: str,
    headers: Mapping[str, str],
    fields: Mapping[str, str] | None = None,
) -> requests.Response:
    return session.get(
        address, params=fields, headers={**LANGUAGE, **headers}, stream=True, timeout=TIMEOUT_S
    )


def _is_page(answer: requests.Response) -> bool:
    status = answer.status_code
    # For these the status says it all, and our caller knows what to do.
    if status >= 500 or status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return False
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return status >= 400 or (is_html and "Content-Disposition" not in answer.headers)


def _read(answer: requests.Response) -> Page:
    with answer:
        return read_page(b"".join(islice(blocks_of(answer), PAGE_BLOCKS)))


def _refusal(answer: requests.Response, page: Page) -> UnhelpfulAnswerError:
    said = f"{answer.url} {page.title} {page.text}".lower()
    for words, reason, remedy in REFUSALS:
        if any(word in said for word in words):
            return UnhelpfulAnswerError(reason, remedy)
    return UnhelpfulAnswerError(
        f"{answer_of(answer)} with a web page ({page.title or 'untitled'}) in place of the file",
        "run again later",
    )
