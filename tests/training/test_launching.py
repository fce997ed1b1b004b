"""The training stage in two processes that it starts itself."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

import stages.train
from colorizer.common.errors import run_stage
from tests.training.test_resume import TIMEOUT_S, Workplace, communicate

TORCHRUN = (
    *(sys.executable, "-m", "torch.distributed.run"),
    *("--nproc-per-node", "2", "--rdzv-endpoint", "localhost:0", "--rdzv-backend", "c10d"),
)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    workplace = Workplace(tmp_path)
    params = workplace.root / "params.yaml"
    params.write_text(params.read_text().replace("devices: 1", "devices: 2"))
    return workplace


def wait_for_state(workplace: Workplace, process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Wait until an epoch is done; return the processes that train."""
    limit = time.monotonic() + TIMEOUT_S
    while not workplace.states() and process.poll() is None:
        assert time.monotonic() < limit
        time.sleep(0.01)
    return sorted(
        psutil.Process(process.pid).children(), key=lambda child: child.environ()["RANK"]
    )


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_the_run_and_the_next_one_goes_on(
    workplace: Workplace, rank: int
) -> None:
    with workplace.start() as process:
        children = wait_for_state(workplace, process)
        assert len(children) == 2
        children[rank].kill()
        killed = time.monotonic()
        _, err = communicate(process)
    assert process.returncode == 1
    assert time.monotonic() - killed < 30
    assert f"error: process {rank + 1} of 2 was killed by SIGKILL; the others were" in err
    assert not any(child.is_running() for child in children)
    assert not (workplace.root / "data" / "checkpoints").exists()
    if rank == 1:
        out, _ = workplace.finish()
        assert out.startswith("resuming after epoch ")
        assert len(out.splitlines()) == 2
        assert workplace.states() == []


def test_stopped_it_tells_once_where_the_next_run_goes_on(workplace: Workplace) -> None:
    with workplace.start() as process:
        children = wait_for_state(workplace, process)
        os.kill(process.pid, signal.SIGTERM)
        _, err = communicate(process)
    assert process.returncode == 1
    assert err.count("stopped; the next `dvc repro` resumes after epoch ") == 1
    assert "Traceback" not in err
    assert not any(child.is_running() for child in children)


def test_torchrun_launches_it_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone, launched = (Workplace(tmp_path / name) for name in ("alone", "launched"))
    # As docs/machines.md says, but on any port that is free.
    launched.set(epochs=2, launcher=shlex.join(TORCHRUN))
    alone.set(epochs=2)
    alone.finish_here()
    outputs = capsys.readouterr().out, launched.finish()[0]
    assert [out.count("simple_ae, 2 epochs of 4 photographs") for out in outputs] == [1, 1]
    losses, expected = (pd.read_csv(place.root / "plots/loss.csv") for place in (launched, alone))
    pd.testing.assert_frame_equal(losses, expected, rtol=0, atol=1e-4)


def test_a_launcher_that_starts_one_process_is_asked_once(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)
    workplace.set(epochs=1, launcher=shlex.quote(sys.executable))
    out, _ = workplace.finish()
    assert out.count("simple_ae, 1 epochs of 4 photographs") == 1


@pytest.mark.parametrize("launcher", ["no-such-program --fast", "torchrun '"])
def test_a_launcher_that_cannot_be_run_is_named(
    tmp_path: Path, launcher: str, signal_handlers: None
) -> None:
    Workplace(tmp_path).set(launcher=launcher)
    with contextlib.chdir(tmp_path), pytest.raises(SystemExit) as ended:
        run_stage(stages.train.main)
    error = str(ended.value.code)
    assert error.startswith(
        "error: launcher must be python or a program that starts Python modules, such as torchrun,"
    )
    assert repr(launcher) in error
    assert len(error.splitlines()) == 1


def test_a_process_of_torchrun_that_dies_ends_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path)
    with workplace.start(*TORCHRUN) as process:
        children = wait_for_state(workplace, process)
        children[1].kill()
        communicate(process)
    assert process.returncode != 0
    assert not any(child.is_running() for child in children)
    assert not (workplace.root / "data" / "checkpoints").exists()
