from __future__ import annotations

import subprocess
import sys
import tomllib
from argparse import ArgumentParser, Namespace
from types import SimpleNamespace

import pytest

from colorizer.cli import main as cli
from colorizer.common.errors import UserError
from tests.conftest import REPOSITORY

MODULE = "colorizer.cli.greet"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name")


def greet(arguments: Namespace) -> None:
    if arguments.name == "nobody":
        raise UserError("there must be somebody")
    if arguments.name == "stop":
        raise KeyboardInterrupt
    print(f"hello {arguments.name}")


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know two commands, of which one has no module."""
    greeter = SimpleNamespace(DESCRIPTION="Greet.", add_arguments=add_arguments, run=greet)
    monkeypatch.setattr(cli, "COMMANDS", {"greet": "say hello", "vanish": "go away"})
    monkeypatch.setitem(sys.modules, MODULE, greeter)


def status_of(*words: str) -> object:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return ended.value.code


def test_command_that_is_called_runs(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["greet", "you"])

    assert capsys.readouterr() == ("hello you\n", "")


def test_words_come_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["colorizer", "greet", "vanish"])

    cli.main()

    assert capsys.readouterr().out == "hello vanish\n"


def test_help_lists_all_commands_without_their_modules(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("--help") == 0
    text = capsys.readouterr().out
    assert "say hello" in text
    assert "go away" in text


def test_help_of_a_command_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("greet", "--help") == 0
    assert "usage: colorizer greet [-h] name\n\nGreet.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--"], "the following arguments are required: COMMAND; colorizer --help says more"),
        (["gret"], "argument COMMAND: invalid choice: 'gret' "),
        (["greet"], "the following arguments are required: name; colorizer greet --help says "),
        (["greet", "you", "--loud"], "unrecognized arguments: --loud; colorizer --help says more"),
    ],
)
def test_wrong_call_is_told_in_a_line_and_ends_with_status_2(
    words: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(*words) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {error}")
    assert told.count("\n") == 1


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of() == 2
    assert "say hello" in capsys.readouterr().err


def test_mistake_of_the_user_is_told_in_a_line() -> None:
    assert status_of("greet", "nobody") == "error: there must be somebody"


def test_interrupt_ends_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("greet", "stop") == 130
    assert capsys.readouterr() == ("", "")


def test_installed_command_is_this_one() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

    module, function = project["scripts"]["colorizer"].split(":")

    assert getattr(sys.modules[module], function) is cli.main


def test_help_needs_none_of_the_slow_packages() -> None:
    code = (
        "import sys\n"
        "from contextlib import redirect_stdout\n"
        "from colorizer.cli.main import main\n"
        "try:\n"
        "    with redirect_stdout(sys.stderr): main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*{'numpy', 'pandas', 'torch', 'yaml'} & set(sys.modules))"
    )

    for words in (
        [],
        ["--help"],
        ["doctor", "--help"],
        ["evaluate", "--help"],
        ["export", "--help"],
        ["photo", "--help"],
        ["video", "--help"],
    ):
        found = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        )
        assert "usage: colorizer" in found.stderr
        assert found.stdout == "\n"
