from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.errors import UserError
from colorizer.network_files import ONNX, TORCH, require_network, runtime_of


@pytest.mark.parametrize(
    ("name", "asked", "runtime"),
    [
        ("model.safetensors", None, TORCH),
        ("model.onnx", None, ONNX),
        ("MODEL.ONNX", None, ONNX),
        ("model", None, TORCH),
        ("model", ONNX, ONNX),
        ("model.onnx", ONNX, ONNX),
        ("model.safetensors", TORCH, TORCH),
    ],
)
def test_suffix_tells_the_runtime_unless_the_user_does(
    name: str, asked: str | None, runtime: str
) -> None:
    assert runtime_of(Path(name), asked) == runtime


def test_what_a_runtime_cannot_read_is_told_with_what_to_do() -> None:
    with pytest.raises(UserError, match=r"got m\.safetensors; make one with: colorizer export"):
        runtime_of(Path("m.safetensors"), ONNX)
    with pytest.raises(UserError, match=r"got m\.onnx; leave --runtime out"):
        runtime_of(Path("m.onnx"), TORCH)


def test_file_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "net").touch()

    require_network(tmp_path / "net")
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(UserError, match=r"^checkpoint .* not found; train a network with: "):
            require_network(missing)
