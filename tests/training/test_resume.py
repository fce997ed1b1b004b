"""The training stage as a process that is killed, and started again."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

import stages.train
from tests.conftest import PARAMS_FILE, REPOSITORY
from tests.data_helpers import tree
from tests.network_helpers import noise, repeatable, write_shards
from tests.process_helpers import paths

EPOCHS = 60
# All that has a state: an average, a schedule, and random numbers.
TINY = {
    "optimizer": "adamw",
    "schedule": "one_cycle",
    "batch_size": 2,
    "ema": 0.9,
    "flip": True,
    "min_crop": 0.7,
    "gamma": 0.25,
}
STOPS = [signal.SIGTERM, signal.SIGINT]  # after a SIGKILL
TIMEOUT_S = 600  # on a busy machine; others take seconds


def communicate(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a process, and leave none behind that takes too long."""
    try:
        return process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


class Workplace:
    """A folder with prepared photographs and parameters, in which the stage runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for number, (split, count) in enumerate([("train", 4), ("val", 1)]):
            write_shards(root / "data" / "prepared", noise(count, 32, seed=number), split)
        self.set(epochs=EPOCHS)

    def set(self, **changes: object) -> None:
        params = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
        params |= {"model": "simple_ae", **changes}
        params["train"] |= {"device": "cpu", "simple_ae": {**params["train"]["simple_ae"], **TINY}}
        (self.root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")

    def start(self, *launcher: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*(launcher or (sys.executable,)), "-m", "stages.train"],
            cwd=self.root,
            # One thread: several that meet after every tiny tensor wait for a busy machine.
            env=os.environ | paths(REPOSITORY) | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *launcher: str) -> tuple[str, str]:
        with self.start(*launcher) as process:
            out, err = communicate(process)
        assert process.returncode == 0, err
        return out, err

    def finish_here(self) -> None:
        """Run the stage in this process, which has imported torch already, with one thread."""
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.chdir(self.root),
            repeatable(0),
        ):
            patch.setenv("OMP_NUM_THREADS", "1")
            patch.setattr("stages.train.raise_on_interrupts", lambda: None)
            torch.set_num_threads(1)
            stages.train.main()

    def copy_to(self, root: Path) -> Workplace:
        """Return another workplace, with all that this one holds now."""
        copy = Workplace(root)
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return copy

    def kill(self, number: int, delay: float) -> tuple[int, str, str]:
        """Start, and kill some time after a new state is on disk."""
        before = self.state_time()
        with self.start() as process:
            limit = time.monotonic() + TIMEOUT_S
            while self.state_time() == before and process.poll() is None:
                assert time.monotonic() < limit
                time.sleep(0.002)
            time.sleep(delay)
            process.send_signal(number)
            out, err = communicate(process)
        return process.returncode, out, err

    def state_time(self) -> int:
        return max((file.stat().st_mtime_ns for file in self.states()), default=0)

    def states(self) -> list[Path]:
        return sorted(self.root.glob(".resume/*.safetensors"))

    def results(self) -> dict[str, bytes]:
        """Return all that the stage left behind."""
        found = tree(self.root)
        return {name: content for name, content in found.items() if "prepared" not in name}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A training that nothing interrupted."""
    workplace = Workplace(tmp_path_factory.mktemp("whole"))
    workplace.finish_here()
    return workplace


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A training that ran into SIGKILL: a test that goes on with it does so in a copy."""
    workplace = Workplace(tmp_path_factory.mktemp("killed"))
    status, _, err = workplace.kill(signal.SIGKILL, 0.02)
    assert status == -signal.SIGKILL, "raise EPOCHS: the training was done before it was killed"
    assert "Traceback" not in err
    return workplace


def assert_shows_the_finished_epochs(killed: Workplace, whole: Workplace) -> None:
    """Check what `dvc plots show` reads while the training runs, or after it was stopped."""
    shown, all_of_them = ((place.root / "plots/loss.csv").read_text() for place in (killed, whole))
    assert 1 < len(shown.splitlines()) < len(all_of_them.splitlines())
    assert all_of_them.startswith(shown)


def test_killed_again_and_again_it_ends_with_the_same_bits(
    killed: Workplace, whole: Workplace, tmp_path: Path
) -> None:
    place = killed.copy_to(tmp_path)
    assert len(place.states()) == 1
    assert_shows_the_finished_epochs(place, whole)
    numbers = random.Random(0)  # noqa: S311
    for number in STOPS:
        status, _, err = place.kill(number, numbers.uniform(0, 0.05))
        assert status != 0, "raise EPOCHS: the training was done before it was stopped"
        assert "Traceback" not in err
        assert err.splitlines()[-1].startswith("stopped; the next `dvc repro` resumes after e")
        assert len(place.states()) == 1
        assert_shows_the_finished_epochs(place, whole)
    out, _ = place.finish()
    assert out.splitlines()[0].startswith("resuming after epoch ")
    assert place.results() == whole.results()
    assert set(whole.results()) == {
        "params.yaml",
        "data/checkpoints/model.safetensors",
        "plots/loss.csv",
        "plots/vividness.csv",
        "metrics/train.json",
    }


def test_other_parameters_and_photographs_do_not_see_the_state(
    killed: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = killed.copy_to(tmp_path)
    (state,) = place.states()
    content = state.read_bytes()
    place.set(epochs=2)
    place.finish_here()
    out = capsys.readouterr().out
    assert "2 epochs of 4 photographs" in out
    assert "resuming" not in out
    assert place.states() == [state]
    assert state.read_bytes() == content
