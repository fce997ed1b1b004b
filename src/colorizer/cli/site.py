"""``colorizer site``: the page as files, for any web server, or for none."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

# Imports within `run` are slow, and the help needs none of them.

DESCRIPTION = """\
Write the page as a folder of files that any web server can give out, such as GitHub Pages.

Everything is then computed in the visitor's own browser: no photograph leaves their computer, and
after the first visit the page works without a connection. It uses the general network, which
comes with colorizer. The program that runs it in browsers, ONNX Runtime (about 14 MB), is
downloaded from npm, and its hash is checked.

  colorizer site page/
  python -m http.server --directory page/        then open http://localhost:8000
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="the folder to write; an earlier site in it is replaced",
    )
    parser.add_argument(
        "--runtime",
        type=Path,
        metavar="FOLDER",
        help="take ONNX Runtime's files from here instead of downloading them: the folder dist "
        "of the npm package onnxruntime-web",
    )


def run(arguments: Namespace) -> None:
    """Write the site, and say how to look at it.

    Raises
    ------
    UserError
        If the folder holds something else or cannot be written, or the download fails.
    """
    from colorizer.web.examples import find_examples
    from colorizer.web.static_site import build_site

    folder: Path = arguments.folder
    size = build_site(folder, arguments.runtime, find_examples())
    print(f"{folder}: {size / 1e6:.1f} MB, what a browser loads at the first visit")
    print(f"To look at it: python -m http.server --directory {folder}")
