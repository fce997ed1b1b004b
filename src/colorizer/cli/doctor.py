"""``colorizer doctor``: one page of what is installed, and whether it works."""

from __future__ import annotations

import json
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from colorizer.cli.doctor_facts import (
    TRIAL_HEIGHT,
    TRIAL_WIDTH,
    Extra,
    Format,
    Package,
    Report,
    Trial,
    does_work,
    examine,
    without_home,
)
from colorizer.cli.options import add_network_arguments
from colorizer.networks.files import ONNX, TORCH

DESCRIPTION = """\
Say what is installed and whether it works, on one page. Send this page along when you report
a bug; your home folder appears in it as ~.

Finally, a small picture is coloured in memory, as `colorizer photo` would with the same options.
If that fails, the exit status is 1. An extra that is missing or broken is no failure.
"""
NAMES = {ONNX: "ONNX Runtime", TORCH: "torch"}
WIDTH, INDENT = 80, 12


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--json", action="store_true", help="the same as JSON, for programs")
    add_network_arguments(parser)


def run(arguments: Namespace) -> None:
    """Print the page, and end the process with status 1 if the trial failed."""
    report = without_home(examine(arguments))
    print(json.dumps(asdict(report), indent=2) if arguments.json else "\n".join(page(report)))
    if report.trial.problem:
        sys.exit(1)


def page(report: Report) -> Iterator[str]:
    """Yield the lines of the page."""
    yield from _row("colorizer", f"{report.version}, in {report.folder}")
    yield from _row("Python", f"{report.python}, in {report.python_folder}")
    yield from _row("system", report.system)
    memory = f", {report.memory / 1e9:.1f} GB of memory" if report.memory else ""
    yield from _row("machine", f"{report.machine}, {report.cores} cores usable{memory}")
    yield from _row("packages", _versions(report.packages))
    yield from _problems(report.packages)
    yield ""
    yield "extras"
    for name, extra in report.extras.items():
        yield from _extra_rows(name, extra)
    yield ""
    yield from _row("formats", _told_formats(report.formats))
    network = report.network
    yield from _row("network", network.name)
    for file in network.files:
        told = "missing"
        if file.bytes is not None:
            told = f"{file.bytes:,} bytes, SHA-256 {file.sha256}..."
        yield from _row("", f"{Path(file.path).name}: {told}")
    yield from _row("runs with", _told_runtime(report))
    yield from _row("GPU", report.gpu or _told_no_gpu(report))
    yield from _row("trial", _told_trial(report.trial))


def _row(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label:{INDENT}}",
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _extra_rows(name: str, extra: Extra) -> Iterator[str]:
    label = f"  {name}"
    present = {key: package for key, package in extra.packages.items() if package.version}
    if extra.works:
        yield from _row(label, f"works: {_versions(present)}")
    elif extra.missing:
        state = f"lacks {', '.join(extra.missing)}:" if present else "not installed:"
        # To be copied: a command stays on one line, however long.
        (*lines, last) = _row(label, state)
        yield from lines
        if len(last) + len(f" {extra.install}") <= WIDTH:
            yield f"{last} {extra.install}"
        else:
            yield last
            yield f"    {extra.install}"
    else:
        yield from _row(label, f"broken: {_versions(present)}")
    yield from _problems(present)


def _versions(packages: dict[str, Package]) -> str:
    return ", ".join(f"{name} {found.version or 'missing'}" for name, found in packages.items())


def _problems(packages: dict[str, Package]) -> Iterator[str]:
    for name, package in packages.items():
        if package.problem:
            yield from _row("", f"{name} cannot be imported: {package.problem}")


def _told_formats(formats: list[Format]) -> str:
    groups: dict[str, list[str]] = {}
    for one in formats:
        version = f" {one.library}" if one.library else ""
        state = "read and written" if one.is_read else "written" if one.is_written else "neither"
        groups.setdefault(state, []).append(f"{one.name}{version}")
    return "; ".join(f"{state}: {', '.join(names)}" for state, names in groups.items())


def _told_runtime(report: Report) -> str:
    network = report.network
    name = NAMES.get(network.runtime or "", "?")
    return f"{name}, on {network.device}" if network.device else name


def _told_no_gpu(report: Report) -> str:
    if does_work("torch", report.extras):
        return "none that torch sees"
    return "none without torch"


def _told_trial(trial: Trial) -> str:
    if trial.problem:
        return f"failed: {trial.problem}"
    return (
        f"loaded in {trial.load_s:.2f} s, {TRIAL_WIDTH} x {TRIAL_HEIGHT} pixels coloured in "
        f"{trial.color_s:.2f} s; lightness kept, mean chroma {trial.chroma:.1f}"
    )
