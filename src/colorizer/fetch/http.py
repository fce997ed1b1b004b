"""Servers' answers, and what went wrong on the way, in words that a user can act on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

TIMEOUT_S = 30  # to connect, and between two packets
BLOCK = 1 << 16
# Those that mean a passing problem of the server.
TRANSIENT_STATUSES = (408, 500, 502, 503, 504)
# All that a request and the following transfer may raise; ValueError comes from an address that
# cannot be parsed.
NETWORK_ERRORS = (requests.RequestException, ValueError)


class UnhelpfulAnswerError(Exception):
    """A server that answers, but not with the file: asking again at once would not help.

    Parameters
    ----------
    reason : str
        What it answers.
    remedy : str
        What may help.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def blocks_of(response: requests.Response) -> Iterator[bytes]:
    """Yield the body of an answer in blocks, as the server stores it.

    Raises
    ------
    requests.ConnectionError
        If the connection ends before the body does.
    """
    try:
        # Not iter_content, which would unpack a .tar.gz that a server declares as encoded.
        yield from response.raw.stream(BLOCK, decode_content=False)
    except HTTPError as error:
        raise requests.ConnectionError(error, request=response.request) from error


def is_transient(error: Exception) -> bool:
    """Tell whether it is worth asking again in a moment."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in TRANSIENT_STATUSES
    if isinstance(error, (ValueError, requests.TooManyRedirects)):
        return False
    return not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def reason_of(error: Exception) -> str:
    """Say in a few words what one of :data:`NETWORK_ERRORS` means."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return answer_of(error.response)
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle"
    if isinstance(error, ValueError):
        return "it is not a valid address"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be reached or lets nothing through"
    request = getattr(error, "request", None)
    host = _host(request.url) if request is not None else "the server"
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return f"{host} is not found: the name is wrong, or there is no network"
        if isinstance(cause, ConnectionRefusedError):
            return f"{host} refuses the connection"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of {host} is not trusted: {cause.verify_message}"
        if isinstance(cause, TimeoutError):
            return f"{host} has sent nothing for {TIMEOUT_S} s"
        # RequestException is an OSError too, without the system's words.
        if isinstance(cause, OSError) and cause.strerror:
            return f"the connection to {host} broke off: {cause.strerror}"
    return f"the connection to {host} broke off"


def answer_of(response: requests.Response) -> str:
    """Say which status a server answers with."""
    return f"{_host(response.url)} answers {response.status_code} {response.reason or ''}".strip()


def public_address(url: str) -> str:
    """Return an address without user name, password or fragment, to show and to record."""
    try:
        parts = urlsplit(url)
    except ValueError:  # the request will report it
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host, fragment=""))


def _host(url: str | None) -> str:
    return urlsplit(url or "").netloc.rpartition("@")[2] or "the server"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
