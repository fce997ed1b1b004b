"""Starting the processes that train together on this machine."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std, start_processes
from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

from colorizer.common.errors import UserError
from colorizer.common.interrupts import raise_on_interrupts
from colorizer.training.distributed import STORE, is_started_in_company

# Set in the environment of whatever a launcher starts.
HANDED_OVER = "COLORIZER_HANDED_OVER"
POLL_S = 0.1
CLOSE_S = 10  # then whatever still runs is killed
STOPPED = (-signal.SIGTERM, -signal.SIGINT)  # exit statuses of processes that were told to stop
# Failures are reported here, in one line.
logging.getLogger("torch.distributed.elastic.multiprocessing.api").setLevel(logging.CRITICAL)


def hand_over(launcher: str, module: str) -> None:
    """Replace this process by ``launcher``, which is to start ``python -m module``.

    Parameters
    ----------
    launcher : str
        Such as ``torchrun --nproc-per-node 8``; ``python`` keeps this process. Whatever the
        launcher starts is not handed over again.
    module : str
        The stage's module.

    Raises
    ------
    UserError
        If there is no such program, or its command line cannot be parsed.
    """
    if launcher == "python" or is_started_in_company() or HANDED_OVER in os.environ:
        return
    try:
        words = [*shlex.split(launcher), "-m", module]
        environment = {**os.environ, HANDED_OVER: "1"}
        os.execvpe(words[0], words, environment)  # noqa: S606  the user's own words
    except (OSError, ValueError) as error:
        raise UserError(
            f"launcher must be python or a program that starts Python modules, such as torchrun, "
            f"got {launcher!r}: {error}"
        ) from error


def must_launch(count: int) -> bool:
    """Return whether this process should start ``count`` others instead of training itself.

    Raises
    ------
    UserError
        If torchrun has started a different number of processes on this machine.
    """
    if not is_started_in_company():
        return count > 1
    started = int(os.environ["LOCAL_WORLD_SIZE"])
    if count not in (1, started):
        raise UserError(
            f"train.devices is {count}, but torchrun has started {started} processes on this "
            "machine; leave train.devices at 1, as torchrun decides"
        )
    return False


def launch(count: int, module: str) -> None:
    """Run ``python -m module`` in ``count`` processes that know of each other, as torchrun does.

    Only the first one's output is shown. If one fails, the others are stopped.

    Raises
    ------
    UserError
        If a process fails for a reason that the first one has not shown.
    """
    with tempfile.TemporaryDirectory(prefix="colorizer-") as folder:
        ranks = range(count)
        processes = start_processes(
            module,
            sys.executable,
            dict.fromkeys(ranks, ("-m", module)),
            {rank: _environment(rank, count, folder) for rank in ranks},
            DefaultLogsSpecs(folder, redirects={rank: Std.ALL for rank in ranks if rank > 0}),
        )
        raise_on_interrupts()  # start_processes has installed its own handlers instead
        try:
            result = processes.wait(period=POLL_S)
        except KeyboardInterrupt:
            processes.close(signal.SIGTERM, CLOSE_S)
            sys.exit(1)  # the first process has said where the next run resumes
        if result is not None and result.failures:
            _tell(result.failures, count, result.stderrs)


def _environment(rank: int, count: int, folder: str) -> dict[str, str]:
    loopback = "lo" if sys.platform == "linux" else "lo0"
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        STORE: Path(folder, "store").as_uri(),
        # No other machine takes part, so none should be able to connect.
        "GLOO_SOCKET_IFNAME": os.environ.get("GLOO_SOCKET_IFNAME", loopback),
    }


def _tell(failures: dict[int, ProcessFailure], count: int, logs: dict[int, str]) -> None:
    # Whatever was killed comes first: the others failed for lack of it, or were stopped.
    def order(rank: int) -> tuple[bool, bool, int]:
        status = failures[rank].exitcode
        return status in STOPPED, status > 0, rank

    rank = min(failures, key=order)
    failure = failures[rank]
    if failure.exitcode in STOPPED or (rank == 0 and failure.exitcode > 0):
        sys.exit(1)  # the first process has reported everything already
    if failure.exitcode < 0:
        reason = f"was killed by {signal.Signals(-failure.exitcode).name}"
    else:
        reason = "failed: " + Path(logs[rank]).read_text(errors="replace").strip()
    raise UserError(
        f"process {rank + 1} of {count} {reason}; the others were stopped. The next `dvc repro` "
        "resumes after the last finished epoch"
    )
