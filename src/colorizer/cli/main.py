"""``colorizer COMMAND``: everything that works without the pipeline.

Each command is a module of :mod:`colorizer.cli` of the same name, with ``DESCRIPTION`` for its
help, ``add_arguments(parser)`` and ``run(arguments)``. A line in :data:`COMMANDS` registers it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from colorizer.common.errors import run_stage

COMMANDS = {
    "photo": "colour photographs at their own size",
    "video": "colour a video clip, with its sound",
    "web": "colour photographs in the browser",
    "site": "write the page as files that need no server of ours",
    "export": "write a trained network as an ONNX file",
    "evaluate": "measure a trained network on a folder of colour photographs",
    "doctor": "say what is installed and whether it works",
}
WRONG_CALL = 2  # the exit status
INTERRUPTED = 130  # the exit status that shells give a command ended by Ctrl-C


class _Parser(ArgumentParser):
    """A parser that tells a mistake in one line, as all others are, and not the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_CALL, f"error: {message}; {self.prog} --help says more\n")


def main(words: Sequence[str] | None = None) -> None:
    """Run the command that ``words`` name, by default those of the command line.

    End the process with status 1 and one line on standard error after an error that the user can
    fix, and with status 2 after a wrong call.
    """
    words = sys.argv[1:] if words is None else words
    parser = _Parser(
        prog="colorizer",
        description="Give colour back to greyscale photographs.",
        epilog="colorizer COMMAND --help says more. The pipeline itself runs with: dvc repro",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, formatter_class=RawDescriptionHelpFormatter
        )
        # Only this one is imported, so that no command waits for another's imports.
        if name in words[:1]:
            module = import_module(f"colorizer.cli.{name}")
            command.description = module.DESCRIPTION
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    if not words:
        parser.print_help(sys.stderr)
        sys.exit(WRONG_CALL)
    arguments = parser.parse_args(words)
    try:
        run_stage(lambda: arguments.run(arguments))
    except KeyboardInterrupt as interrupt:
        if str(interrupt):
            print(f"stopped; {interrupt}", file=sys.stderr)
        sys.exit(INTERRUPTED)
