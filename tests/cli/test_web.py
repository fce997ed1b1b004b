from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from getpass import getuser
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import requests

from colorizer.cli import web
from colorizer.cli.main import main
from colorizer.common.extras import how_to_install
from tests.cli.test_photo import save

CHECKPOINT = Path("net.safetensors")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal_handlers: None) -> None:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


def error_of(*words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["web", *words])
    return str(ended.value.code)


def test_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorizer.common.extras.find_spec", lambda name: None)

    assert error_of() == f"error: starlette, uvicorn not installed: {how_to_install('web')}"


def test_missing_network_is_told() -> None:
    pytest.importorskip("uvicorn", reason="needs a server: pip install -e '.[web]'")

    assert error_of("--port", "0", "--checkpoint", "none").startswith(
        "error: checkpoint none not found"
    )


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--port", "70000", "a whole number from 0 to 65535"),
        ("--max-megapixels", "251", "above 0 and at most 250"),
        ("--max-megabytes", "many", "above 0 and at most 2000"),
        ("--max-uploads", "0", "a whole number from 1 to 1000"),
    ],
)
def test_impossible_limits_are_told(
    capsys: pytest.CaptureFixture[str], option: str, value: str, expected: str
) -> None:
    assert error_of(option, value) == "2"
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "here", "outside"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860", ""),
        ("::1", "http://[::1]:7860", ""),
        ("0.0.0.0", "http://127.0.0.1:7860", "http://192.168.1.5:7860"),
        ("::", "http://[::1]:7860", "http://192.168.1.5:7860"),
    ],
)
def test_every_address_is_one_that_a_browser_opens(
    monkeypatch: pytest.MonkeyPatch, host: str, here: str, outside: str
) -> None:
    monkeypatch.setattr("colorizer.cli.web._own_address", lambda: "192.168.1.5")

    first, *others = web._greeting(host, 7860).splitlines()

    assert first == f"Open {here} in a browser; Ctrl-C ends it."
    assert others == [f"Others on your network open {outside}"] * bool(outside)


def test_own_address_is_one() -> None:
    address = web._own_address()

    assert address is None or IPv4Address(address)


def test_page_is_served_until_interrupted_and_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="needs a server: pip install -e '.[web]'")
    save(CHECKPOINT)
    (tmp_path / "temporary").mkdir()
    (tmp_path / "home").mkdir()
    command = [sys.executable, "-m", "colorizer", "web", "--port", "0"]
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path / "temporary"),
        "HOME": str(tmp_path / "home"),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
    }

    with subprocess.Popen(
        [*command, "--checkpoint", CHECKPOINT],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        line = server.stdout.readline()
        found = re.fullmatch(r"Open (http://127\.0\.0\.1:\d+) in a browser; .*\n", line)
        assert found, server.communicate()
        assert "Colour your black-and-white photographs" in requests.get(found[1], timeout=30).text
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)

    assert (server.returncode, out, err) == (130, "", f"network: {CHECKPOINT}\n")
    left = {path.name for folder in ("temporary", "home") for path in Path(folder).iterdir()}
    assert left <= {f"torchinductor_{getuser()}"}, "that is torch's"
    made = {path.name for path in tmp_path.iterdir()}
    assert made - {"matplotlib"} == {"home", "temporary", CHECKPOINT.name}
