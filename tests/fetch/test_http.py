from __future__ import annotations

import ssl

import pytest
import requests

from colorizer.fetch.http import is_transient, public_address, reason_of


def untrusted() -> requests.exceptions.SSLError:
    """Return the error of a server whose certificate nobody vouches for."""
    error = requests.exceptions.SSLError(
        request=requests.Request("GET", "https://photos.example/a.zip").prepare()
    )
    error.__cause__ = ssl.SSLCertVerificationError()
    error.__cause__.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            untrusted(),
            "the certificate of photos.example is not trusted: self-signed certificate",
        ),
        (
            requests.exceptions.ProxyError("Cannot connect to proxy."),
            "the proxy cannot be reached or lets nothing through",
        ),
        (requests.ConnectionError("?"), "the connection to the server broke off"),
        (
            requests.ConnectionError(OSError(101, "Network is unreachable")),
            "the connection to the server broke off",
        ),
    ],
)
def test_error_is_told_in_a_few_words(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_words_of_the_system_are_passed_on() -> None:
    error = requests.ConnectionError("?")
    error.__context__ = OSError(101, "Network is unreachable")

    assert reason_of(error) == "the connection to the server broke off: Network is unreachable"


def test_certificate_does_not_mend_itself() -> None:
    assert not is_transient(untrusted())
    assert is_transient(requests.exceptions.SSLError("unexpected end of file"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://photos.example/a.zip?id=1", "https://photos.example/a.zip?id=1"),
        ("https://me:p@ss@photos.example:8080/a.zip#top", "https://photos.example:8080/a.zip"),
        ("http://[::1", "http://[::1"),
    ],
)
def test_addresses_are_shown_without_passwords(url: str, shown: str) -> None:
    assert public_address(url) == shown
