"""``colorizer web``: a page that colours photographs in the browser."""

from __future__ import annotations

import socket
import webbrowser
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from colorizer.cli.options import add_network_arguments, load_chosen_network, whole_number
from colorizer.common.extras import require_extra
from colorizer.networks.files import name_of
from colorizer.photo.formats import QUALITY
from colorizer.photo.read import MAX_MEGAPIXELS

# Imports within `run` are slow, and the help needs none of them.

DESCRIPTION = """\
Colour photographs in the browser: compare before and after, choose how vivid the colours are,
put wrong colours right with a click, and download the photographs at their full size.

The page needs no internet, and only this computer can open it unless --host says otherwise.
Photographs sent to it are kept in a temporary folder until an hour after the page is closed, or
until Ctrl-C ends this command.
"""
MAX_PORT = 65535
# Hosts that mean every address of this computer, and the one by which it reaches itself.
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  the user may ask for it


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--port",
        type=whole_number(0, MAX_PORT),
        default=7860,
        metavar="N",
        help="0 for any free port (default: %(default)s)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="0.0.0.0 lets in other computers and phones on your network, without a password "
        "(default: %(default)s, this computer only)",
    )
    parser.add_argument(
        "--open", action=BooleanOptionalAction, default=False, help="open the page in a browser"
    )
    parser.add_argument(
        "--max-uploads",
        type=whole_number(1, 1000),
        default=20,
        metavar="N",
        help="photographs per visitor at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--max-megapixels",
        type=_up_to(MAX_MEGAPIXELS),
        default=100,
        metavar="N",
        help=f"per photograph, up to {MAX_MEGAPIXELS} (default: %(default)s)",
    )
    parser.add_argument(
        "--max-megabytes",
        type=_up_to(2000),
        default=200,
        metavar="N",
        help="per file (default: %(default)s)",
    )
    add_network_arguments(parser)


def run(arguments: Namespace) -> None:
    """Serve the page until Ctrl-C.

    Raises
    ------
    UserError
        If the checkpoint, the port or an option cannot be used, or the server is not installed.
    """
    from colorizer.common.interrupts import raise_on_interrupts

    raise_on_interrupts()
    with TemporaryDirectory(prefix="colorizer-web-") as folder:
        _serve(arguments, Path(folder, "visitors"))


def _serve(arguments: Namespace, folder: Path) -> None:
    from colorizer.photo.colorist import PhotoColorist
    from colorizer.web.limits import Limits

    require_extra("web", "starlette", "uvicorn")
    from colorizer.web.app import build_app
    from colorizer.web.examples import find_examples
    from colorizer.web.server import listen, server_of

    limits = Limits(arguments.max_megapixels, arguments.max_megabytes, arguments.max_uploads)
    # First, so that a port in use is reported at once.
    with listen(arguments.host, arguments.port) as listening:
        network, saturation = load_chosen_network(arguments)
        colorist = PhotoColorist(network, saturation, QUALITY, side_by_side=False)
        app = build_app(colorist, limits, folder, find_examples(), name_of(arguments.checkpoint))
        port = listening.getsockname()[1]
        print(_greeting(arguments.host, port), flush=True)
        if arguments.open:
            webbrowser.open(_address(HERE.get(arguments.host, arguments.host), port))
        server_of(app).run(sockets=[listening])


def _up_to(most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= most:
            raise ArgumentTypeError(f"must be above 0 and at most {most}, got {text!r}")
        return value

    return parse


def _greeting(host: str, port: int) -> str:
    address = _address(HERE.get(host, host), port)
    greeting = f"Open {address} in a browser; Ctrl-C ends it."
    if host in HERE and (own := _own_address()):
        greeting += f"\nOthers on your network open {_address(own, port)}"
    return greeting


def _own_address() -> str | None:
    """Return the address by which other computers reach this one, if it is on a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nowhere (RFC 5737), and connecting UDP sends nothing
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _address(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
