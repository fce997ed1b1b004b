"""A Dask cluster on this machine, whose processes are real, and a gate for tasks to wait at.

Worker processes import this module to run its functions: it imports little.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import colorizer
from tests.process_helpers import paths

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = Path(colorizer.__file__).parents[1]
HOST = "127.0.0.1"
TIMEOUT_S = 120
SLEEP_S = 0.01
# One of Dask's commands, which leaves when the tests do, also when these are killed.
COMMAND = """
import importlib, os, sys, threading

def leave_with_the_parent():
    sys.stdin.read()
    os._exit(0)

if __name__ == "__main__":
    threading.Thread(target=leave_with_the_parent, daemon=True).start()
    importlib.import_module(sys.argv[1]).main(sys.argv[2:])
"""


@dataclass
class DaskCluster:
    """A scheduler, and workers of one thread each."""

    folder: Path
    environment: Mapping[str, str]
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_scheduler(self, *options: str) -> None:
        """Start the scheduler on a free port and wait until it listens."""
        file = self.folder / "scheduler.json"
        process = self._start("scheduler", "--port=0", f"--scheduler-file={file}", *options)
        limit = time.monotonic() + TIMEOUT_S
        while not self.address:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the Dask scheduler did not start:\n{self.log()}")
            # Not there yet, or not yet whole.
            with suppress(FileNotFoundError, json.JSONDecodeError):
                self.address = json.loads(file.read_text())["address"]
            time.sleep(SLEEP_S)

    def start_worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker, without a nanny unless ``options`` say so, and wait for nothing."""
        return self._start(
            "worker",
            self.address,
            "--nthreads=1",
            "--memory-limit=0",
            f"--death-timeout={TIMEOUT_S}",
            f"--local-directory={self.folder}",
            *(options or ["--no-nanny"]),
        )

    def wait_for_workers(self) -> None:
        """Wait until every worker that was started can be given work."""
        with self._client() as client:
            client.wait_for_workers(len(self.processes) - 1, timeout=TIMEOUT_S)

    def stop_workers(self) -> None:
        """Kill all workers and wait until the scheduler has noticed."""
        for process in self.processes[1:]:
            kill(process)
        del self.processes[1:]
        limit = time.monotonic() + TIMEOUT_S
        with self._client() as client:
            while client.nthreads():
                if time.monotonic() > limit:
                    raise RuntimeError("the scheduler still has workers")
                time.sleep(SLEEP_S)

    def log(self) -> str:
        """Return what all processes have printed."""
        return "\n".join(file.read_text() for file in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        """Kill all processes that are left."""
        for process in reversed(self.processes):
            kill(process)

    def _client(self) -> Any:
        distributed: Any = import_module("distributed")  # a second to import, and half typed
        return distributed.Client(self.address, timeout=TIMEOUT_S, set_as_default=False)

    def _start(self, command: str, *options: str) -> subprocess.Popen[bytes]:
        options = (f"--host={HOST}", f"--dashboard-address={HOST}:0", *options)
        log = self.folder / f"{command}-{len(self.processes)}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, f"distributed.cli.dask_{command}", *options],
                cwd=self.folder,
                env={
                    **os.environ,
                    # The code that is tested, the tests' own functions, and as many threads.
                    **paths(SOURCE, REPOSITORY),
                    "OMP_NUM_THREADS": "1",
                    # All that they write goes when the cluster goes.
                    "DASK_TEMPORARY_DIRECTORY": str(self.folder),
                    "TMPDIR": str(self.folder),
                    **self.environment,
                },
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        self.processes.append(process)
        return process


def numbered(number: int, times: int = 1) -> tuple[int, int]:
    """A task: return a number, and the process that it was computed in."""
    return number * times, os.getpid()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process with SIGKILL, together with all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextmanager
def dask_cluster(
    workers: int = 2,
    environment: Mapping[str, str] | None = None,
    scheduler: Sequence[str] = (),
) -> Iterator[DaskCluster]:
    """Run a scheduler, with further options, and workers while the context lasts."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        cluster = DaskCluster(Path(folder), environment or {})
        try:
            cluster.start_scheduler(*scheduler)
            for _ in range(workers):
                cluster.start_worker()
            if workers:
                cluster.wait_for_workers()
            yield cluster
        finally:
            cluster.stop()


@dataclass
class Gate:
    """Where tasks wait, so that a test knows that they run and acts before they end."""

    folder: Path

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function``, but waiting until the gate is open."""
        return partial(_wait, str(self.folder), function)

    def wait_for(self, count: int = 1, other_than: Set[int] = frozenset()) -> list[int]:
        """Return the processes that have come to the gate, once there are ``count``."""
        limit = time.monotonic() + TIMEOUT_S
        while time.monotonic() < limit:
            found = {int(file.name) for file in self.folder.glob("[0-9]*")} - other_than
            if len(found) >= count:
                return sorted(found)
            time.sleep(SLEEP_S)
        raise RuntimeError(f"no {count} tasks came to the gate")

    def open(self) -> None:
        """Let all tasks pass."""
        (self.folder / "open").touch()


@contextmanager
def meanwhile(action: Callable[[], object]) -> Iterator[None]:
    """Do something in another thread while the block runs; the block ends when both have."""
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(action)
        yield
        done.result()


def _wait(gate: str, function: Callable[..., Any], *arguments: Any) -> Any:
    Path(gate, str(os.getpid())).touch()
    # A test that failed before it could open the gate must not hang here for ever.
    limit = time.monotonic() + 2 * TIMEOUT_S
    while not Path(gate, "open").exists():
        if time.monotonic() > limit:
            raise RuntimeError("the gate stayed shut")
        time.sleep(SLEEP_S)
    return function(*arguments)
