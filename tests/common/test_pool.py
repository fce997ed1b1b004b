from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import joblib
import pytest

from colorizer.common.errors import UserError
from colorizer.common.pool import Pool, workers
from tests.cluster_helpers import DaskCluster, Gate, meanwhile, numbered

NAME = "prepare.scheduler"
# joblib starts no processes then.
SINGLE_CORE = joblib.cpu_count() == 1


@pytest.fixture(params=["processes", "cluster"])
def scheduler(request: pytest.FixtureRequest) -> str:
    """Each place to work in turn, as the parameter names it."""
    if request.param == "processes":
        return ""
    address: str = request.getfixturevalue("cluster").address
    return address


@pytest.fixture
def pool(scheduler: str) -> Iterator[Pool]:
    with workers(scheduler, NAME) as pool:
        yield pool


def late_first(folder: str, number: int) -> int:
    while number == 0 and not list(Path(folder).iterdir()):
        time.sleep(0.01)
    Path(folder, str(number)).touch()
    return number


def full_disk(number: int) -> int:
    if number == 3:
        raise OSError(errno.ENOSPC, "No space left on device", "/some/file")
    return number


def too_late(number: int) -> int:
    raise TimeoutError(f"task {number} waited too long")


def test_results_come_in_the_order_of_the_tasks(pool: Pool) -> None:
    results = list(pool.run(numbered, ((number,) for number in range(50))))

    assert [number for number, _ in results] == list(range(50))
    assert SINGLE_CORE or os.getpid() not in {process for _, process in results}


def test_task_that_ends_before_another_comes_after_it(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    with workers(cluster.address, NAME) as pool:
        results = list(pool.run(late_first, ((str(tmp_path), number) for number in range(4))))

    assert results == [0, 1, 2, 3]


def test_no_tasks_give_no_results(pool: Pool) -> None:
    assert list(pool.run(numbered, [])) == []


def test_shared_values_come_before_the_arguments(pool: Pool) -> None:
    shared = [pool.share(7)]

    results = pool.run(_subtract, [(1,), (2,)], shared=shared)

    assert list(results) == [6, 5]


def _subtract(one: int, other: int) -> int:
    return one - other


def test_there_is_a_core_at_least(pool: Pool) -> None:
    assert pool.cores() >= 1


def test_error_of_a_task_arrives(pool: Pool) -> None:
    with pytest.raises(OSError, match="No space left") as raised:
        list(pool.run(full_disk, ((number,) for number in range(9))))

    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, "/some/file")


def test_timeout_in_a_task_is_its_error(pool: Pool) -> None:
    with pytest.raises(TimeoutError, match="task 0 waited too long"):
        list(pool.run(too_late, [(0,)]))


@pytest.mark.skipif(SINGLE_CORE, reason="the process that would be killed is that of the tests")
def test_killed_process_is_told(gate: Gate) -> None:
    tasks = [(number,) for number in range(9)]

    with (
        meanwhile(lambda: os.kill(gate.wait_for()[0], signal.SIGKILL)),
        workers("", NAME) as pool,
        pytest.raises(UserError, match="a worker process was killed, most often because memory "),
    ):
        list(pool.run(gate.before(numbered), tasks))


def test_processes_work_again_after_one_was_killed() -> None:
    with workers("", NAME) as pool:
        assert [number for number, _ in pool.run(numbered, [(1,), (2,)])] == [1, 2]
