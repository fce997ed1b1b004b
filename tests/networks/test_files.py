from __future__ import annotations

from pathlib import Path

import pytest

from colorizer.common.errors import UserError
from colorizer.networks.files import (
    CHECKPOINT,
    GENERAL,
    GENERAL_GRAPH,
    ONNX,
    TORCH,
    file_for,
    is_general,
    name_of,
    require_network,
    runtime_of,
)


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
    with pytest.raises(
        UserError, match=r"got m\.safetensors; make one with: .*\.onnx --checkpoint m\."
    ):
        runtime_of(Path("m.safetensors"), ONNX)
    with pytest.raises(UserError, match=r"got m\.onnx; leave --runtime out"):
        runtime_of(Path("m.onnx"), TORCH)


@pytest.mark.parametrize(
    ("runtime", "device", "expected"),
    [
        (None, "auto", GENERAL_GRAPH),
        (None, "cpu", GENERAL_GRAPH),
        (None, "cuda", GENERAL),
        (ONNX, "auto", GENERAL_GRAPH),
        (TORCH, "auto", GENERAL),
    ],
)
def test_each_runtime_has_its_file_of_the_general_network(
    runtime: str | None, device: str, expected: Path
) -> None:
    for given in (GENERAL, GENERAL_GRAPH):
        assert file_for(given, runtime, device) == expected
    assert file_for(Path("other.safetensors"), runtime, device) == Path("other.safetensors")


def test_file_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "net").touch()

    require_network(tmp_path / "net")
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(UserError, match=r"^checkpoint .* not found; name a file that is "):
            require_network(missing)


def test_checkpoint_of_the_pipeline_is_to_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^checkpoint .* not found; dvc repro trains it, "):
        require_network(CHECKPOINT)


def test_general_network_comes_with_the_code() -> None:
    for file in (GENERAL, GENERAL_GRAPH):
        require_network(file)
        assert file.is_absolute()
    assert GENERAL.stat().st_size + GENERAL_GRAPH.stat().st_size < 10e6


def test_general_network_is_known_by_any_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GENERAL.parent)
    (tmp_path / "link").symlink_to(GENERAL)

    for path in (GENERAL, GENERAL_GRAPH, Path(GENERAL.name), tmp_path / "link"):
        assert is_general(path)
        assert name_of(path) == "general (comes with colorizer)"
    assert not is_general(Path("other.safetensors"))
    assert name_of(Path("folder/other.safetensors")) == str(Path("folder/other.safetensors"))


def test_general_network_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GENERAL", "GENERAL_GRAPH"):
        with monkeypatch.context() as patch:
            patch.setattr(f"colorizer.networks.files.{name}", tmp_path / "general.here")
            with pytest.raises(
                UserError, match=r"^the general network is missing: .*general\.here .* again"
            ):
                require_network(tmp_path / "general.here")
