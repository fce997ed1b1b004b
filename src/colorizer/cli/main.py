"""``colorizer COMMAND``: what can be done without the pipeline.

Each command is a module of :mod:`colorizer.cli` with its name: ``DESCRIPTION`` for its help,
``add_arguments(parser)`` and ``run(arguments)``. A line in :data:`COMMANDS` makes it known.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module

from colorizer.common.errors import run_stage

COMMANDS = {
    "photo": "colour photographs at their own size",
    "video": "colour a video clip, with its sound",
    "web": "colour photographs in the browser",
    "export": "write a trained network as an ONNX file",
    "evaluate": "measure a trained network on a folder of colour photographs",
}
INTERRUPTED = 130  # what shells give for a command that Ctrl-C ended


def main(words: Sequence[str] | None = None) -> None:
    """Run the command that ``words`` call, by default those of the command line.

    It ends the process with status 1 and one line on standard error after a mistake that the user
    can repair, and with status 2 after a wrong call.
    """
    words = sys.argv[1:] if words is None else words
    parser = ArgumentParser(
        prog="colorizer",
        description="Give colour back to grayscale photographs.",
        epilog="colorizer COMMAND --help tells more. The pipeline itself runs with: dvc repro",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, formatter_class=RawDescriptionHelpFormatter
        )
        # No other is imported, so that each pays for itself alone.
        if name in words[:1]:
            module = import_module(f"colorizer.cli.{name}")
            command.description = module.DESCRIPTION
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    arguments = parser.parse_args(words)
    try:
        run_stage(lambda: arguments.run(arguments))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
