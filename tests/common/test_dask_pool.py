from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import distributed
import pytest

from colorizer.common import dask_pool
from colorizer.common.dask_pool import software
from colorizer.common.errors import UserError
from colorizer.common.extras import how_to_install
from colorizer.common.pool import workers
from tests.cluster_helpers import DaskCluster, Gate, dask_cluster, kill, meanwhile, numbered

NAME = "prepare.scheduler"


@dataclass
class Traveller:
    """Leaves a mark in a folder wherever it is unpickled."""

    folder: str

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (self.folder,)


def _arrive(folder: str) -> Traveller:
    tempfile.mkstemp(dir=folder)
    return Traveller(folder)


def _folder_of(traveller: Traveller) -> str:
    return traveller.folder


def fail_then_write(folder: str, number: int) -> None:
    if number == 0:
        raise ValueError("task 0 fails")
    time.sleep(0.1)
    Path(folder, str(number)).touch()


def length_and(content: bytes, number: int) -> tuple[int, int]:
    return len(content), number


def suicide(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def error_of(cluster: DaskCluster) -> str:
    """Return what is said of a cluster that has all its workers, and cannot be used."""
    cluster.wait_for_workers()
    with pytest.raises(UserError) as raised, workers(cluster.address, NAME):
        pass
    return str(raised.value)


def test_cluster_does_not_send_a_shared_value_with_every_task(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    with workers(cluster.address, NAME) as pool:
        shared = [pool.share(Traveller(str(tmp_path)))]
        results = list(pool.run(_folder_of, [()] * 40, shared))

    assert results == [str(tmp_path)] * 40
    # Once to the scheduler and to each worker, and again where Dask made room in between.
    assert len(list(tmp_path.iterdir())) < 20


def test_nothing_runs_any_more_once_a_task_has_failed(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    tasks = [(str(tmp_path), number) for number in range(dask_pool.AHEAD * 2)]

    with workers(cluster.address, NAME) as pool, pytest.raises(ValueError, match="task 0"):
        list(pool.run(fail_then_write, tasks))

    assert len(list(tmp_path.iterdir())) == len(tasks) - 1


def test_killed_worker_loses_nothing(bare: DaskCluster, gate: Gate) -> None:
    for _ in range(2):
        bare.start_worker()
    bare.wait_for_workers()

    def kill_one() -> None:
        gate.wait_for(2)
        kill(bare.processes[-1])
        gate.open()

    with meanwhile(kill_one), workers(bare.address, NAME) as pool:
        shared = [pool.share(bytes(2_000_000))]
        tasks = [(number,) for number in range(30)]
        results = list(pool.run(gate.before(length_and), tasks, shared))

    assert results == [(2_000_000, number) for number in range(30)]


def test_workers_that_are_killed_and_come_back_lose_nothing(
    sturdy: DaskCluster, gate: Gate
) -> None:
    def kill_some() -> None:
        killed: set[int] = set()
        for _ in range(3):
            (process, *_) = gate.wait_for(1, other_than=killed)
            os.kill(process, signal.SIGKILL)
            killed.add(process)
        gate.open()

    with meanwhile(kill_some), workers(sturdy.address, NAME) as pool:
        results = list(pool.run(gate.before(numbered), ((number,) for number in range(30))))

    assert [number for number, _ in results] == list(range(30))


def test_task_that_kills_every_worker_is_told(sturdy: DaskCluster) -> None:
    with workers(sturdy.address, NAME) as pool, pytest.raises(UserError) as raised:
        list(pool.run(suicide, ((number,) for number in range(5))))

    assert str(raised.value).startswith(
        f"the Dask cluster at {sturdy.address} ({NAME}) lost 4 workers over one task, most often "
        "because memory ran out; "
    )


def test_cluster_whose_scheduler_dies_is_told(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    # How long to look for it before it is gone, too: on a busy machine it takes its time.
    monkeypatch.setattr(dask_pool, "CONNECT_S", 4)
    with dask_cluster(workers=1) as cluster:

        def kill_scheduler() -> None:
            gate.wait_for(1)
            kill(cluster.processes[0])

        with (
            pytest.raises(UserError) as raised,
            meanwhile(kill_scheduler),
            workers(cluster.address, NAME) as pool,
        ):
            list(pool.run(gate.before(numbered), ((number,) for number in range(9))))

    assert str(raised.value) == (
        f"the Dask cluster at {cluster.address} ({NAME}) is gone; start it and run again"
    )


def test_address_without_scheme_is_one_of_tcp(cluster: DaskCluster) -> None:
    with workers(cluster.address.removeprefix("tcp://"), NAME) as pool:
        assert [number for number, _ in pool.run(numbered, [(1,)])] == [1]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:1", "not within 0.2 seconds"),
        ("nonsense", "missing port number in address 'nonsense'"),
        ("http://127.0.0.1:8786", "unknown address scheme 'http' (known schemes: "),
        ("tls://127.0.0.1:8786", "TLS expects a `ssl_context` argument "),
        ("tcp://127.0.0.1:port", "invalid literal for int() with base 10: 'port'"),
    ],
)
def test_address_without_scheduler_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: str, reason: str
) -> None:
    monkeypatch.setattr(dask_pool, "CONNECT_S", 0.2)

    with pytest.raises(UserError) as raised, workers(address, NAME):
        pass

    message = str(raised.value)
    assert message.startswith(f"{NAME}: no Dask scheduler answers at {address} ({reason}")
    assert message.endswith(
        "start one with `dask scheduler`, name its address as tcp://host:8786, or set it to '' to "
        "use this machine"
    )
    assert capfd.readouterr() == ("", "")


def test_server_that_says_nothing_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_pool, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"

        with pytest.raises(UserError, match="no Dask scheduler answers"), workers(address, NAME):
            pass


def test_address_of_a_worker_is_told(cluster: DaskCluster) -> None:
    with workers(cluster.address, NAME) as pool:
        (worker,) = pool.run(_address_of_worker, [()])

    with pytest.raises(UserError, match="it is the address of a Worker"), workers(worker, NAME):
        pass


def _address_of_worker() -> str:
    address: str = distributed.get_worker().address
    return address


def test_missing_dask_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(UserError) as raised, workers("tcp://127.0.0.1:8786", NAME):
        pass

    assert str(raised.value) == (
        f"{NAME}=tcp://127.0.0.1:8786 needs dask; install it with: " + how_to_install("cluster")
    )


def test_scheduler_without_workers_is_told(
    monkeypatch: pytest.MonkeyPatch, bare: DaskCluster
) -> None:
    monkeypatch.setattr(dask_pool, "WORKER_S", 0.2)

    with pytest.raises(UserError) as raised, workers(bare.address, NAME):
        pass

    assert str(raised.value) == (
        f"{NAME}: the Dask scheduler at {bare.address} has no worker; start some with: "
        f"dask worker {bare.address}"
    )


def test_worker_with_other_software_is_told(bare: DaskCluster, tmp_path: Path) -> None:
    other = dict(software(), numpy="1.0", colorizer="0.0.1 (12345678)")
    preload = tmp_path / "other.py"
    preload.write_text(
        f"from colorizer.common import dask_pool\ndask_pool.software = lambda: {other}\n"
    )
    bare.start_worker("--no-nanny", f"--preload={preload}")

    message = error_of(bare)
    assert message.startswith(
        f"{NAME}: the worker on {socket.gethostname()} has numpy 1.0 instead"
    )
    assert f", colorizer 0.0.1 (12345678) instead of {software()['colorizer']}; " in message
    assert message.endswith("install there what is installed here, and start it again")


@pytest.fixture
def without_colorizer(tmp_path: Path) -> str:
    """The option by which a process of Dask cannot import the package."""
    preload = tmp_path / "without.py"
    preload.write_text("import sys\nsys.modules['colorizer'] = None\n")
    return f"--preload={preload}"


def test_colorizer_that_is_missing_in_a_worker_is_told(
    bare: DaskCluster, without_colorizer: str
) -> None:
    bare.start_worker("--no-nanny", without_colorizer)

    assert error_of(bare).startswith(
        f"{NAME}: the scheduler or a worker of {bare.address} has no colorizer, or another one "
    )


def test_colorizer_that_is_missing_in_the_scheduler_is_told(without_colorizer: str) -> None:
    with dask_cluster(scheduler=[without_colorizer], workers=1) as cluster:
        assert error_of(cluster).startswith(
            f"{NAME}: the scheduler or a worker of {cluster.address} has no colorizer, or another "
        )


def test_worker_that_comes_later_with_other_software_is_told(
    monkeypatch: pytest.MonkeyPatch, cluster: DaskCluster
) -> None:
    with workers(cluster.address, NAME) as pool:
        monkeypatch.setattr(dask_pool, "software", lambda: dict(software(), numpy="1.0"))

        with pytest.raises(UserError, match=r"numpy .* instead of 1\.0; install there"):
            list(pool.run(numbered, [(1,)]))


def test_software_names_the_code(tmp_path: Path) -> None:
    """A changed line, in a copy of the package, is another software."""
    found = []
    for line in ("", "# changed\n"):
        package = tmp_path / "colorizer"
        shutil.copytree(Path(dask_pool.__file__).parents[1], package, dirs_exist_ok=True)
        with (package / "color" / "gamut.py").open("a") as file:
            file.write(line)
        code = "from colorizer.common.dask_pool import software; print(sorted(software().items()))"
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-c", code]
        found.append(subprocess.check_output(command, env=environment, text=True))

    assert found[0] == f"{sorted(software().items())}\n"
    assert found[1] != found[0]
