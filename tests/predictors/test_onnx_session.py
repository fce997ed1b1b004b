from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.networks.files import GENERAL, GENERAL_GRAPH
from tests.import_helpers import imports_of
from tests.onnx_helpers import painting_graph, save_graph

from colorizer.predictors.onnx_session import open_session  # isort: skip

SOURCE = Path(__file__).resolve().parents[2] / "src" / "colorizer"
# What tells ONNX Runtime that it runs for nobody.
SILENT = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")


def written_by(code: str, home: Path) -> list[Path]:
    """Run Python with an empty home, and return what it writes there."""
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in SILENT}
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "-c", code, str(GENERAL_GRAPH)],
        env={**environment, "HOME": str(home)},
        cwd=home,
        check=True,
        capture_output=True,
    )
    return list(home.rglob("*"))


def test_onnx_runtime_reports_to_nobody(tmp_path: Path) -> None:
    plainly = "import sys, onnxruntime as o; o.InferenceSession(sys.argv[1])"
    by_us = (
        "import sys; from pathlib import Path\n"
        "from colorizer.predictors.onnx_session import open_session\n"
        "open_session(Path(sys.argv[1]), 1)"
    )

    assert written_by(by_us, tmp_path / "ours") == []
    if not written_by(plainly, tmp_path / "plain"):
        pytest.skip("this build of ONNX Runtime reports nothing anyway")


def test_nothing_else_imports_onnx_runtime() -> None:
    files = {
        file.name
        for file in SOURCE.rglob("*.py")
        if any(name.split(".")[0] == "onnxruntime" for _, name in imports_of(file))
    }

    assert files == {"onnx_session.py"}


def test_file_that_is_no_network_is_told(tmp_path: Path) -> None:
    whole = save_graph(tmp_path / "net.onnx", painting_graph()).read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "net.onnx").write_bytes(content)
        with pytest.raises(UserError, match=r"net\.onnx cannot be read as an ONNX file: "):
            open_session(tmp_path / "net.onnx", 1)


def test_graph_whose_weights_are_cut_off_or_missing_is_told(tmp_path: Path) -> None:
    graph, weights = tmp_path / "net.onnx", tmp_path / GENERAL.name
    graph.write_bytes(GENERAL_GRAPH.read_bytes())
    for size in (None, 1_000_000):
        if size:
            weights.write_bytes(GENERAL.read_bytes()[:size])
        with pytest.raises(UserError, match=r"net\.onnx cannot be read as an ONNX file: "):
            open_session(graph, 1)
