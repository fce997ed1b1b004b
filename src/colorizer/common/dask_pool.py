"""The cores of an existing Dask cluster."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import socket
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from colorizer.common.errors import UserError
from colorizer.common.extras import DISTRIBUTION, how_to_install

T = TypeVar("T")

CONNECT_S = 10.0  # to find the scheduler
WORKER_S = 20.0  # to find a worker there, even after all have died
SETTLE_S = 60.0  # for tasks to end after another has failed
POLL_S = 1.0
# Tasks sent ahead for each core, so that none idles between two.
AHEAD = 3
# The packages that determine the bits of a result, besides this one.
PACKAGES = ("imagehash", "numpy", "pillow", "scipy", "torch")


@cache
def software() -> Mapping[str, str]:
    """Return what determines the bits: package versions, and a hash of this package's code.

    Cached from the first call: code that changes later is not what runs here.
    """
    found = {name: _version(name) for name in PACKAGES}
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for file in sorted(package.rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return found | {"colorizer": f"{_version(DISTRIBUTION)} ({digest.hexdigest()[:8]})"}


class DaskPool:
    """The cores of a cluster; see :class:`colorizer.common.pool.Pool`.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster.
    name : str
        The cluster's name in messages.
    """

    # Not joblib's own backend for Dask: it waits for ever once a task has taken down too many
    # workers, and keeps large arguments on a single worker, so they die with it.

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def cores(self) -> int:
        """Return how many tasks run at once, over all workers."""
        try:
            return sum(self._client.nthreads().values())
        except OSError as error:
            raise self._gone() from error

    def share(self, value: object) -> Any:
        """Return a future that stands for ``value`` in :meth:`run`."""
        # As the result of a task, which Dask runs again if the workers that hold it die.
        return self._client.submit(_same, value, pure=False)

    def run(
        self,
        function: Callable[..., T],
        tasks: Iterable[tuple[Any, ...]],
        shared: Sequence[Any] = (),
    ) -> Generator[T]:
        """Yield results in the order of their tasks; a few tasks are queued for each core."""
        sent: deque[Any] = deque()
        try:
            for arguments in tasks:
                if len(sent) >= AHEAD * max(1, self.cores()):
                    yield self._result(sent.popleft())
                # As bytes: Dask would crash on what it cannot import, not report it.
                call = pickle.dumps((function, arguments))
                sent.append(self._client.submit(_call, software(), call, *shared, pure=False))
            while sent:
                yield self._result(sent.popleft())
        finally:
            self._settle(sent)

    def _result(self, task: Any) -> Any:
        distributed = _distributed()
        deserted = None
        while True:
            try:
                return task.result(timeout=POLL_S)
            except TimeoutError:
                if task.status == "error":
                    raise
                deserted = self._since_when_deserted(deserted)
            except distributed.KilledWorker as error:
                raise UserError(
                    f"{self._name} lost {error.allowed_failures + 1} workers over one task, most "
                    "often because memory ran out; give each worker more of it, or less to do by "
                    "prepare.max_megapixels or predict.batch_size"
                ) from None
            except distributed.CancelledError:
                raise self._gone() from None

    def _since_when_deserted(self, since: float | None) -> float | None:
        if self.cores() > 0:
            return None
        if since is not None and monotonic() - since > WORKER_S:
            raise UserError(
                f"{self._name} has lost all its workers, and none came back within {WORKER_S:g} "
                "seconds; look at what they printed last, start some and run again"
            )
        return monotonic() if since is None else since

    def _gone(self) -> UserError:
        return UserError(f"{self._name} is gone; start it and run again")

    def _settle(self, sent: Iterable[Any]) -> None:
        # A running task cannot be stopped, and would write to a place already tidied up.
        limit = monotonic() + SETTLE_S
        with suppress(Exception):  # what matters is the error that ended the run, not a second one
            for task in sent:
                if self.cores() > 0:
                    task.exception(timeout=max(0.0, limit - monotonic()))


def _same(value: T) -> T:
    return value


def _call(expected: Mapping[str, str], call: bytes, *shared: Any) -> Any:
    _require_software(expected)
    function, arguments = pickle.loads(call)  # noqa: S301  Dask itself runs what it is sent
    return function(*shared, *arguments)


def _require_software(expected: Mapping[str, str]) -> None:
    found = software()
    if found != expected:
        differences = ", ".join(
            f"{name} {found[name]} instead of {wanted}"
            for name, wanted in expected.items()
            if found[name] != wanted
        )
        raise UserError(
            f"the worker on {socket.gethostname()} has {differences}; install there what is "
            "installed here, and start it again"
        )


def _version(package: str) -> str:
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return "none"


def _distributed() -> Any:
    # Not at the top: it is optional, takes a second to import and is mostly untyped.
    import distributed

    return distributed


@contextmanager
def connected(scheduler: str, name: str) -> Iterator[Any]:
    """Yield a client of the cluster at ``scheduler``, whose workers have our software.

    Raises
    ------
    UserError
        If dask is not installed, no scheduler answers, or there is no worker or a wrong one.
    """
    try:
        import dask

        distributed = _distributed()
    except ImportError:
        raise UserError(
            f"{name}={scheduler} needs dask; install it with: {how_to_install('cluster')}"
        ) from None
    # Failures are reported here, once; Dask would report every attempt.
    for logger in ("distributed", "distributed.client", "tornado.application", "asyncio"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        asyncio.run(_ask(scheduler))
    except Exception as error:  # another program's answer can make Dask raise anything
        raise UserError(
            f"{name}: no Dask scheduler answers at {scheduler} ({_short(error)}); start one with "
            "`dask scheduler`, name its address as tcp://host:8786, or set it to '' to use this "
            "machine"
        ) from error
    with (
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}),
        distributed.Client(scheduler, timeout=CONNECT_S, set_as_default=False) as client,
    ):
        _require_workers(client, scheduler, name)
        yield client


async def _ask(scheduler: str) -> None:
    # Before there is a Client: one that fails takes ten more seconds to close, noisily.
    distributed = _distributed()
    arguments = distributed.Security().get_connection_args("client")
    async with distributed.rpc(scheduler, connection_args=arguments) as server:
        try:
            about = await asyncio.wait_for(server.identity(), CONNECT_S)
        except TimeoutError:
            raise TimeoutError(f"not within {CONNECT_S:g} seconds") from None
    if about["type"] != "Scheduler":
        raise ValueError(f"it is the address of a {about['type']}")


def _require_workers(client: Any, scheduler: str, name: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_S)
    except TimeoutError:
        raise UserError(
            f"{name}: the Dask scheduler at {scheduler} has no worker; start some with: "
            f"dask worker {scheduler}"
        ) from None
    try:
        # The scheduler, too, reads what it passes on.
        client.run_on_scheduler(_same, "")
        client.run(_require_software, software())
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
    except Exception as error:  # a worker's ImportError, or what became of it on the way
        raise UserError(
            f"{name}: the scheduler or a worker of {scheduler} has no colorizer, or another one "
            f"({_short(error)}); install there what is installed here, and start it again"
        ) from error


def _short(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
