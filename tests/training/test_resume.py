"""The training stage as a process that is killed, and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.conftest import PARAMS_FILE, REPOSITORY
from tests.data_helpers import tree
from tests.network_helpers import noise, write_shards

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
KILLS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
TIMEOUT_S = 120  # on a busy machine; others take seconds


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
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *launcher: str) -> tuple[str, str]:
        with self.start(*launcher) as process:
            out, err = communicate(process)
        assert process.returncode == 0, err
        return out, err

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
    workplace.finish()
    return workplace


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, whole: Workplace) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("killed"))


def assert_shows_the_finished_epochs(killed: Workplace, whole: Workplace) -> None:
    """Check what `dvc plots show` reads while the training runs, or after it was stopped."""
    shown, all_of_them = ((place.root / "plots/loss.csv").read_text() for place in (killed, whole))
    assert 1 < len(shown.splitlines()) < len(all_of_them.splitlines())
    assert all_of_them.startswith(shown)


def test_killed_again_and_again_it_ends_with_the_same_bits(
    killed: Workplace, whole: Workplace
) -> None:
    numbers = random.Random(0)  # noqa: S311
    for number in KILLS:
        status, out, err = killed.kill(number, numbers.uniform(0, 0.05))
        assert status != 0, "raise EPOCHS: the training was done before it was killed"
        assert "Traceback" not in err
        if number != signal.SIGKILL:
            assert err.splitlines()[-1].startswith("stopped; the next `dvc repro` resumes after e")
        assert len(killed.states()) == 1
        assert_shows_the_finished_epochs(killed, whole)
    out, _ = killed.finish()
    assert out.splitlines()[0].startswith("resuming after epoch ")
    assert killed.results() == whole.results()
    assert set(whole.results()) == {
        "params.yaml",
        "data/checkpoints/model.safetensors",
        "plots/loss.csv",
        "plots/vividness.csv",
        "metrics/train.json",
    }


def test_other_parameters_and_photographs_do_not_see_the_state(whole: Workplace) -> None:
    whole.kill(signal.SIGKILL, 0)
    (state,) = whole.states()
    content = state.read_bytes()
    whole.set(epochs=2)
    out, _ = whole.finish()
    assert "going on" not in out
    assert whole.states() == [state]
    assert state.read_bytes() == content
